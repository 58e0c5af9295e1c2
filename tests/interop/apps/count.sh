#!/bin/sh
# An application behind `sio serve --app` that is a shell pipe: it counts events and tells everybody.
# It needs no JSON library as long as it only looks at the type of a record.
while read -r record; do
  case $record in
    *'"type":"event"'*)
      count=$((count + 1))
      echo "{\"type\":\"event\",\"event\":\"count\",\"args\":[$count]}"
      ;;
  esac
done
