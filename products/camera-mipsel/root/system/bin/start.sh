#!/bin/sh
/system/bin/ipcam -c /config/ipcam.conf &
mini_httpd -C /etc/mini_httpd.conf
