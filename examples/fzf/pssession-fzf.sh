# ~/.bashrc or ~/.zshrc, behind pssession's plugin file: kept sessions chosen with fzf.
#     fsn    enter the one that is chosen
#     frsn   remove those that are marked (Tab marks)
_pssession_fzf() {
	get-pssession -Property Id,Name,ComputerName,State,Availability |
		fzf --delimiter='	' --with-nth=2.. --exit-0 --height=40% --reverse --prompt='session> ' "$@" | cut -f1
}
fsn() {
	local id
	id=$(_pssession_fzf --select-1 --query="${1-}") && [ -n "$id" ] && enter-pssession -Id "$id"
}
frsn() {
	local ids
	ids=$(_pssession_fzf --multi --query="${1-}") && [ -n "$ids" ] && remove-pssession -Session "$ids"
}
