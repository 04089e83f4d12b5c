# ~/.p10k.zsh, or ~/.zshrc behind it: a segment with the number of kept sessions, where there are any. Needs in ~/.zshrc:
#     source /usr/share/pssession/pssession.plugin.zsh
# and the segment's name among the others:
#     POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS+=(my_pssession)
function prompt_my_pssession() {
	pssession_prompt
	[[ -z ${PSSESSION_COUNT-} ]] || p10k segment -f 6 -i '⇄' -t "$PSSESSION_COUNT"
}
# Colours and icons as of any other segment:
#     typeset -g POWERLEVEL9K_MY_PSSESSION_FOREGROUND=4
