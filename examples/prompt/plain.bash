# ~/.bashrc, without any framework: the number of kept sessions in front of the directory.
. /usr/share/pssession/pssession.bash
PROMPT_COMMAND+=(pssession_prompt)
PS1='${PSSESSION_COUNT:+[$PSSESSION_COUNT] }\w\$ '
