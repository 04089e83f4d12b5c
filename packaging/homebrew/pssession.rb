# SPDX-License-Identifier: MIT
# Homebrew on Linux: brew install --HEAD ./packaging/homebrew/pssession.rb, in a tap of one's own.
# Checked: ruby reads it, and its install ran on Debian 13 with Homebrew's classes in stubs. Not with Homebrew.
# All of it goes below its own prefix, for Homebrew's bash. Without the module for zsh: its zsh installs no headers.
class Pssession < Formula
  desc "PowerShell's remote sessions for the shell, over SSH"
  homepage "https://example.org/pssession"
  license "MIT"
  version "0.2.0"
  head "https://example.org/pssession.git", branch: "main"

  depends_on "meson" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "python@3.13" => :build
  depends_on "bash"
  depends_on "glib"
  depends_on "krb5"
  depends_on "libssh"
  depends_on :linux

  def install
    system "meson", "setup", "build", "-Dzsh=disabled", "-Dtests=false", *std_meson_args
    system "meson", "compile", "-C", "build", "--verbose"
    system "meson", "install", "-C", "build"
  end

  def caveats
    "For ~/.bashrc: . #{opt_pkgshare}/pssession.bash"
  end

  test do
    script = ". #{pkgshare}/pssession.bash; get-pssession --version"
    assert_match version.to_s, shell_output("#{Formula["bash"].opt_bin}/bash --norc -c '#{script}'")
  end
end
