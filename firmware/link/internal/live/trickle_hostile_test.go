package live

import (
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"vestibule/hub/wire"
)

// Addresses that trickle are signed by nobody, and say nothing but an address: whatever a hub writes into them, no
// fingerprint, no medium and no key comes to what the connection is made by.
func TestATrickledAddressCarriesNothingElse(t *testing.T) {
	h := newHouse(t)
	p := newPhone(t)
	offer := p.offer()
	own, err := examine(offer.SDP)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Answer(t.Context(), offer); err != nil {
		t.Fatal(err)
	}
	foreign := "fingerprint:sha-256 " + spell(make([]byte, 32))
	dice := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[dice.IntN(len(of))] }
	taken, refused := 0, 0
	for range 2000 {
		good := "candidate:1 1 udp 2130706431 192.0.2." + pick("1", "2", "3") + " 9 typ " + pick("host", "relay", "srflx")
		line := pick(
			good+pick(" ", "\r\n", "\n", "\r", " raddr 0.0.0.0 rport 0 ", "\u2028")+pick("a=", "")+pick(foreign, "setup:passive", "ice-pwd:x", "m=video 9 UDP/TLS/RTP/SAVPF 96"),
			"a="+good, foreign, "a="+foreign, strings.Replace(good, "192.0.2.", pick("host.example", "192.0.2.1\r\na="+foreign+" ", "::"), 1),
			good+strings.Repeat(" x", dice.IntN(200)), good,
		)
		_, err := h.Trickle(wire.Trickle{Nonce: base64.RawURLEncoding.EncodeToString(p.nonce[:]), Candidates: []string{line}})
		var no *RefusedError
		switch {
		case err == nil:
			taken++
		case !errors.As(err, &no) || no.Reason == "":
			t.Fatalf("%q: %v", line, err)
		default:
			refused++
		}
		h.each(func(v *viewer) {
			v.trickled = 0 // it is not how many that is tried here
			sdp := v.pc.RemoteDescription().SDP
			if got, err := examine(sdp); err != nil || got != own || strings.Count(strings.ToLower(sdp), "fingerprint") != 1 {
				t.Fatalf("%q has come into the description (%v):\n%s", line, err, sdp)
			}
		})
	}
	t.Logf("%d lines refused, %d taken", refused, taken)
	if taken == 0 || refused == 0 {
		t.Error("the test tests nothing")
	}
}
