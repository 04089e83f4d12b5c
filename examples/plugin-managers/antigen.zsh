# ~/.zshrc, behind antigen's own line: a plugin from a directory of this computer.
antigen bundle /usr/share/pssession --no-local-clone
antigen apply
