package pass_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vestibule/hub/pass"
)

func (f fixture) qr() pass.QR {
	return pass.QR{Origin: "https://home.example:8443", Delivery: fixedDelivery, Device: publicOf(f.device), Key: f.secret.Key}
}

func TestQRRoundTrip(t *testing.T) {
	f := newFixture(t)
	for _, origin := range []string{"https://home.example", "https://home.example:8443", "http://127.0.0.1:8080", "http://[::1]:8080", "http://[fe80::1]"} {
		q := f.qr()
		q.Origin = origin
		got, err := pass.ParseQR(q.Text())
		if err != nil {
			t.Errorf("%s: %v", q.Text(), err)
		}
		if diff := cmp.Diff(q, got); diff != "" {
			t.Errorf("changed (-shown +scanned):\n%s", diff)
		}
		if m, scanned, err := f.secret.Match(got.Given()); m != pass.Matches || !scanned || err != nil {
			t.Errorf("what was scanned does not open: %v, %v, %v", m, scanned, err)
		}
	}
}

// qrRefusals are texts that look like a QR form and are none.
func qrRefusals(f fixture) []refusedVector {
	text := f.qr().Text()
	swap := func(old, fresh string) string {
		if !strings.Contains(text, old) {
			panic("internal error: no " + old + " in " + text)
		}
		return strings.Replace(text, old, fresh, 1)
	}
	const origin = "https://home.example:8443"
	key, device := f.secret.Scanned(), pass.EncodeKey(publicOf(f.device))
	return []refusedVector{
		{"empty", ""},
		{"no scheme", swap("https://", "")},
		{"another scheme", swap("https://", "ftp://")},
		{"scheme in capitals", swap("https://", "HTTPS://")},
		{"host in capitals", swap("home", "HOME")},
		{"no host", swap("home.example", "")},
		{"a path before the fragment", swap("/#/", "/app/#/")},
		{"a user in the origin", swap("https://", "https://me@")},
		{"the scheme's own port", swap(":8443", ":443")},
		{"the scheme's own port, without TLS", swap(origin, "http://home.example:80")},
		{"port 0", swap(":8443", ":0")},
		{"port 65536", swap(":8443", ":65536")},
		{"port with a leading zero", swap(":8443", ":08443")},
		{"port without digits", swap(":8443", ":")},
		{"two ports", swap(":8443", ":1:2")},
		{"an address without its end", swap(origin, "https://[::1")},
		{"an empty address", swap(origin, "https://[]")},
		{"an origin that is too long", swap("home", strings.Repeat("h", pass.MaxOrigin))},
		{"another page", swap("/#/c/", "/#/d/")},
		{"no fragment", swap("/#/c/", "/c/")},
		{"delivery in capitals", swap("d-7f", "D-7f")},
		{"no delivery", swap(fixedDelivery, "")},
		{"a slash after the delivery", swap("?k=", "/?k=")},
		{"no device", swap("?k="+device, "")},
		{"device too short", swap(device, device[:42])},
		{"device with loose last bits", swap(device, loosen(publicOf(f.device)))},
		{"no key", swap("&q="+key, "")},
		{"an empty key", swap("&q="+key, "&q=")},
		{"key too short", swap(key, key[:21])},
		{"key too long", swap(key, key+"AA")},
		{"key with padding", swap(key, key+"==")},
		{"key with loose last bits", swap(key, loosen(f.secret.Key[:]))},
		{"key of zeros", swap(key, strings.Repeat("A", 22))},
		{"fields in another order", swap("?k="+device+"&q="+key, "?q="+key+"&k="+device)},
		{"unknown field", text + "&x=1"},
		{"key twice", text + "&q=" + key},
		{"device twice", swap("&q=", "&k="+device+"&q=")},
		{"percent-encoded", swap("/#/c/d", "/#/c/%64")},
		{"a space before", " " + text},
		{"a line end after", text + "\n"},
		{"a Windows line end after", text + "\r\n"},
		{"a line end in the key", swap(key, key[:4]+"\n"+key[4:])},
	}
}

func TestQRRefuses(t *testing.T) {
	f := newFixture(t)
	for _, r := range qrRefusals(f) {
		if q, err := pass.ParseQR(r.Note); !errors.Is(err, pass.ErrForm) && !errors.Is(err, pass.ErrTooLarge) || q.Delivery != "" {
			t.Errorf("%s (%q): %v", r.Why, r.Note, err)
		}
	}
	if _, err := pass.ParseQR(strings.Repeat("h", 1<<20)); !errors.Is(err, pass.ErrTooLarge) {
		t.Errorf("a megabyte: %v", err)
	}
}
