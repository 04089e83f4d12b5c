# $BASH_IT/custom/pssession.bash, or any *.bash below $BASH_IT_CUSTOM: bash-it reads it at each start.
. /usr/share/pssession/pssession.bash
