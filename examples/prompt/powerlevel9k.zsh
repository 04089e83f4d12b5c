# ~/.zshrc, for powerlevel9k (Debian: zsh-theme-powerlevel9k), before the theme is read: a segment with the number of kept
# sessions, where there are any.
source /usr/share/pssession/pssession.plugin.zsh
precmd_functions+=(pssession_prompt)
POWERLEVEL9K_CUSTOM_PSSESSION='echo -n "${PSSESSION_COUNT:+⇄ $PSSESSION_COUNT}"'
POWERLEVEL9K_CUSTOM_PSSESSION_FOREGROUND=black
POWERLEVEL9K_CUSTOM_PSSESSION_BACKGROUND=cyan
POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS=(status custom_pssession)
