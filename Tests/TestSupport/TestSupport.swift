// servers
