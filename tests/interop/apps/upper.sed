# An application behind `sio serve --app` that is one line of sed -un: it answers every event that
# asks for an ack with its arguments in capitals.
s/^{"type":"event","from":\("[^"]*"\).*"args":\(\[.*\]\),"ack":\([0-9]*\).*/{"type":"ack","from":\1,"ack":\3,"args":\U\2}/p
