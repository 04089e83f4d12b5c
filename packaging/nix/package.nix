# SPDX-License-Identifier: MIT
# For nixpkgs' callPackage: pkgs.callPackage ./packaging/nix/package.nix { }
# Checked: nix parses it, and evaluates it with stubs for its arguments. Not built: nixpkgs was out of reach.
# All of it goes below its own prefix: `. ${pssession}/share/pssession/pssession.bash` in ~/.bashrc.
# Without the module for zsh: nixpkgs' zsh installs no headers (-Dzsh=enabled builds it where they are).
{
  lib,
  stdenv,
  bashInteractive,
  glib,
  krb5,
  libssh,
  meson,
  ninja,
  pkg-config,
  python3,
}:

stdenv.mkDerivation {
  pname = "pssession";
  version = "0.2.0";
  src = lib.cleanSource ../..;

  nativeBuildInputs = [
    meson
    ninja
    pkg-config
    python3
  ];
  buildInputs = [
    bashInteractive
    glib
    krb5
    libssh
  ];

  mesonFlags = [ "-Dzsh=disabled" ];
  doCheck = true;
  mesonCheckFlags = [ "--suite=unit" ];

  meta = {
    description = "PowerShell's remote sessions for the shell, over SSH";
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
  };
}
