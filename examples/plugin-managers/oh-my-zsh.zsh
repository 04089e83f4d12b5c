# oh-my-zsh loads a plugin NAME from $ZSH_CUSTOM/plugins/NAME/NAME.plugin.zsh. Once:
#     ln -s /usr/share/pssession "${ZSH_CUSTOM:-$HOME/.oh-my-zsh/custom}/plugins/pssession"
# In ~/.zshrc:
plugins=(git pssession)
source "$ZSH/oh-my-zsh.sh"
