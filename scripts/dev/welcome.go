package main

import (
	"fmt"
	"strings"
)

// welcome says where to look. Plain words, no colours: it may be a log file.
func (d *desk) welcome(link string) {
	owner := "The owner's app, for a device that has its owner:"
	if d.device.id.Pairing != "" {
		owner = "The owner pairs with the device here (the link works once):"
	}
	host, port := splitAddress(d.o.mqtt)
	fmt.Fprintf(d.out, `
Vestibule runs.

  %s
    %s

  The door, its keypad and its plugs:
    http://%s/

  What happens, as MQTT (user %s, password %s):
    mosquitto_sub -h %s -p %s -u %s -P %s -t '#' -v

  All state and logs: %s
  Stop with Ctrl-C.

`, owner, link, d.o.desk, d.device.reader.User, d.device.reader.Password,
		host, port, quote(d.device.reader.User), quote(d.device.reader.Password), d.o.run)
}

// quote quotes a word for a shell.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
