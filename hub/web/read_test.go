package web

import (
	"net/http"
	"testing"
)

// Whoever has an IPv6 network has 2^64 addresses, and is one person to a limit.
func TestWhomALimitTakesForOne(t *testing.T) {
	for _, c := range []struct {
		from, want string
	}{
		{"192.0.2.7:443", "192.0.2.7"},
		{"[::ffff:192.0.2.7]:443", "192.0.2.7"},
		{"[2001:db8:1:2::1]:443", "2001:db8:1:2::/64"},
		{"[2001:db8:1:2:ffff:ffff:ffff:ffff]:1", "2001:db8:1:2::/64"},
		{"[2001:db8:1:3::1]:443", "2001:db8:1:3::/64"},
		{"[fe80::1%eth0]:443", "fe80::/64"},
		{"[::1]:443", "::/64"},
		{"2001:db8::1", "2001:db8::/64"},
		{"@", "@"},
		{"", ""},
	} {
		if got := remote(&http.Request{RemoteAddr: c.from}); got != c.want {
			t.Errorf("%s: %s, want %s", c.from, got, c.want)
		}
	}
}
