/* SPDX-License-Identifier: MIT */
/* The symbols of zsh/zle, found at run time: a reference to them at load time would make loading fail in a
 * .zshrc, where the line editor is not loaded yet. Used by the editor's files. */
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "zsh-module/zsh.h"

struct pss_zle pss_zle;

static const struct {
	const char *name;
	void *place; /* a pointer to a pointer in pss_zle */
} symbols[] = {
	{ "rthingy_nocreate", &pss_zle.rthingy_nocreate },
	{ "unrefthingy", &pss_zle.unrefthingy },
	{ "addzlefunction", &pss_zle.addzlefunction },
	{ "deletezlefunction", &pss_zle.deletezlefunction },
	{ "ungetbytes", &pss_zle.ungetbytes },
	{ "kungetct", &pss_zle.kungetct },
	{ "getbyte", &pss_zle.getbyte },
	{ "vichgflag", &pss_zle.vichgflag },
	{ "showmsg", &pss_zle.showmsg },
	{ "redisplay", &pss_zle.redisplay },
	{ "reexpandprompt", &pss_zle.reexpandprompt },
	{ "trashedzle", &pss_zle.trashedzle },
	{ "handlefeep", &pss_zle.handlefeep },
	{ "lastchar", &pss_zle.lastchar },
	{ "keybuf", &pss_zle.keybuf },
	{ "done", &pss_zle.done },
	{ "thingytab", &pss_zle.thingytab },
	{ "keymapnamtab", &pss_zle.keymapnamtab },
	{ "openkeymap", &pss_zle.openkeymap },
	{ "keybind", &pss_zle.keybind },
	{ "bindkey", &pss_zle.bindkey },
	{ "scankeymap", &pss_zle.scankeymap },
	{ "refthingy", &pss_zle.refthingy },
	{ "lastline", &pss_zle.lastline },
	{ "postdisplay", &pss_zle.postdisplay },
	{ "lastll", &pss_zle.lastll },
	{ "postdisplaylen", &pss_zle.postdisplaylen },
	{ "zlelineasstring", &pss_zle.zlelineasstring },
	{ "foredel", &pss_zle.foredel },
	{ "inststrlen", &pss_zle.inststrlen },
	{ "freebrinfo", &pss_zle.freebrinfo },
	{ "zlemetaline", &pss_zle.zlemetaline },
	{ "origline", &pss_zle.origline },
	{ "zlenoargs", &pss_zle.zlenoargs },
	{ "origcs", &pss_zle.origcs },
	{ "offs", &pss_zle.offs },
	{ "instring", &pss_zle.instring },
	{ "inbackt", &pss_zle.inbackt },
	{ "qipre", &pss_zle.qipre },
	{ "qisuf", &pss_zle.qisuf },
	{ "autoq", &pss_zle.autoq },
	{ "lastprebr", &pss_zle.lastprebr },
	{ "lastpostbr", &pss_zle.lastpostbr },
	{ "brbeg", &pss_zle.brbeg },
	{ "lastbrbeg", &pss_zle.lastbrbeg },
	{ "brend", &pss_zle.brend },
	{ "lastbrend", &pss_zle.lastbrend },
	{ "nbrbeg", &pss_zle.nbrbeg },
	{ "nbrend", &pss_zle.nbrend },
	{ "compfunc", &pss_zle.compfunc },
	{ "cfargs", &pss_zle.cfargs },
	{ "compwidget", &pss_zle.compwidget },
};

bool pss_zle_load(void)
{
	/* zsh/complete first: its hooks must come before ours. It brings zsh/zle, of which a shell may have no more
	 * than the one builtin that it has used. */
	if (require_module("zsh/complete", NULL, 1) != 0 || ensurefeature("zsh/zle", "b:", "zle") != 0 ||
	    ensurefeature("zsh/zle", "b:", "bindkey") != 0)
		return false;
	for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
		void *found = dlsym(RTLD_DEFAULT, symbols[i].name);

		if (!found)
			return false;
		memcpy(symbols[i].place, &found, sizeof found);
	}
	return true;
}

void pss_zle_builtin(const char *options, const char *first, const char *second)
{
	Builtin builtin = (Builtin)builtintab->getnode2(builtintab, "zle");
	struct options given = { 0 };
	char *arguments[] = { (char *)first, (char *)second, NULL };
	char name[] = "zle";

	for (; *options; options++)
		given.ind[(unsigned char)*options] = 1;
	if (builtin && builtin->handlerfunc)
		builtin->handlerfunc(name, arguments, &given, 0);
}
