# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A private, throw-away Kerberos realm (PSS.TEST) on 127.0.0.1, made by an ordinary user or root.
#
#   kdc_create DIRECTORY PORT PRINCIPAL…   the database, DIRECTORY/krb5.conf and the keytab of host/box; caches are
#                                          in DIRECTORY/caches; the password of each PRINCIPAL is `secret`
#
# `krb5kdc -n` serves it, with KRB5_CONFIG and KRB5_KDC_PROFILE=DIRECTORY/krb5.conf in the environment.

# One file serves the KDC and its clients.
kdc_create() {
	local directory=$1 port=$2 principal
	shift 2
	mkdir -m 700 "$directory/caches" || return
	cat >"$directory/krb5.conf" <<-END || return
		[libdefaults]
			default_realm = PSS.TEST
			default_ccache_name = DIR:$directory/caches
			dns_lookup_kdc = false
			dns_lookup_realm = false
			dns_canonicalize_hostname = false
			rdns = false
		[realms]
			PSS.TEST = {
				kdc = 127.0.0.1:$port
				database_name = $directory/principal
				key_stash_file = $directory/stash
				acl_file = $directory/acl
				max_renewable_life = 1d
			}
		[kdcdefaults]
			kdc_listen = 127.0.0.1:$port
			kdc_tcp_listen = 127.0.0.1:$port
		[logging]
			kdc = FILE:$directory/kdc.log
			default = FILE:$directory/kadmin.log
	END
	local PATH=$PATH:/usr/sbin:/sbin
	local -x KRB5_CONFIG=$directory/krb5.conf KRB5_KDC_PROFILE=$directory/krb5.conf
	{
		kdb5_util create -s -r PSS.TEST -P master
		for principal; do
			kadmin.local -q "addprinc -pw secret $principal"
		done
		kadmin.local -q 'addprinc -randkey host/box'
		kadmin.local -q "ktadd -k $directory/keytab host/box"
	} >"$directory/create.log" 2>&1 || { cat "$directory/create.log" >&2; return 1; }
}
