-- tries: to end the process, to run programs and to read the environment
-- must: be refused: non-function|nil|exit
pcall(os.execute, "touch /tmp/was-here")
pcall(os.getenv, "HOME")
os.exit(1)
