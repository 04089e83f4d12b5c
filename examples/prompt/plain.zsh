# ~/.zshrc, without any framework: the number of kept sessions in front of the directory.
source /usr/share/pssession/pssession.plugin.zsh
precmd_functions+=(pssession_prompt)
setopt prompt_subst
PS1='${PSSESSION_COUNT:+[$PSSESSION_COUNT] }%~%# '
