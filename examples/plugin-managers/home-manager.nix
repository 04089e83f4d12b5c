# A module of home-manager: both shells get the commands. `pssession` is packaging/nix/package.nix of this tree.
{ pkgs, ... }:
let
  pssession = pkgs.callPackage ./pssession/packaging/nix/package.nix { };
in
{
  home.packages = [ pssession ];
  programs.bash.initExtra = ''
    . ${pssession}/share/pssession/pssession.bash
  '';
  programs.zsh.initContent = ''
    source ${pssession}/share/pssession/pssession.plugin.zsh
  '';
}
