# sh
exit 2
