sio_e2e(
  bench-modes.sh
  bench-trouble.sh
  progress-terminal.sh)
