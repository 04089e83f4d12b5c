# ~/.zshrc, behind zinit's own line: a plugin from a directory of this computer.
zinit load /usr/share/pssession
