package live

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"vestibule/hub/wire"
)

func TestCandidatesSayNothingElse(t *testing.T) {
	for text, want := range map[string]string{
		"candidate:1 1 udp 2130706431 192.0.2.9 40002 typ host":                                       "candidate:1 1 udp 2130706431 192.0.2.9 40002 typ host",
		"candidate:1 1 UDP 2130706431 192.0.2.9 40002 typ host generation 0 ufrag x network-cost 999": "candidate:1 1 udp 2130706431 192.0.2.9 40002 typ host",
		"candidate:aZ+/ 1 udp 1 2001:db8::1 1 typ srflx raddr 192.168.1.2 rport 9":                    "candidate:aZ+/ 1 udp 1 2001:db8::1 1 typ srflx raddr 0.0.0.0 rport 0",
		"candidate:1 1 udp 1 192.0.2.9 65535 typ relay":                                               "candidate:1 1 udp 1 192.0.2.9 65535 typ relay raddr 0.0.0.0 rport 0",
		"":                            "",
		"candidate:1 1 udp 1 a.local": "",
		"candidate:1 1 udp 1 6f1d.local 40002 typ host":                            "",
		"candidate:1 1 udp 1 127.0.0.1 40002 typ host":                             "",
		"candidate:1 1 udp 1 ::ffff:127.0.0.1 40002 typ host":                      "",
		"candidate:1 1 udp 1 ::1 40002 typ host":                                   "",
		"candidate:1 1 udp 1 0.0.0.0 40002 typ host":                               "",
		"candidate:1 1 udp 1 224.0.0.251 5353 typ host":                            "",
		"candidate:1 1 udp 1 fe80::1%eth0 40002 typ host":                          "",
		"candidate:1 1 udp 1 192.0.2.9 0 typ host":                                 "",
		"candidate:1 1 udp 1 192.0.2.9 65536 typ host":                             "",
		"candidate:1 2 udp 1 192.0.2.9 40002 typ host":                             "",
		"candidate:1 1 tcp 1 192.0.2.9 9 typ host tcptype active":                  "",
		"candidate:1 1 udp 4294967296 192.0.2.9 40002 typ host":                    "",
		"candidate:1 1 udp 1 192.0.2.9 40002 typ other":                            "",
		"candidate: 1 udp 1 192.0.2.9 40002 typ host":                              "",
		"candidate:1\r\na=fingerprint:x 1 udp 1 192.0.2.9 40002 typ host":          "",
		"a=candidate:1 1 udp 1 192.0.2.9 40002 typ host":                           "",
		"candidate:1 1 udp 1 192.0.2.9 40002 typ host" + strings.Repeat(" x", 200): "",
	} {
		got, err := candidate(text, false)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is read as %q (%v), want %q", text, got, err, want)
		}
	}
	if _, err := candidate("candidate:1 1 udp 1 127.0.0.1 40002 typ host", true); err != nil {
		t.Errorf("at a desk: %v", err)
	}
}

// A viewer that the device cannot be reached by, and whose own addresses come later, gets its picture.
func TestAddressesTrickle(t *testing.T) {
	h := newHouse(t)
	p := newPhone(t)
	o := p.offer()
	var late []string
	bare := func(sdp string) string {
		var rest []string
		for line := range strings.Lines(sdp) {
			if text, ok := strings.CutPrefix(line, "a=candidate:"); ok {
				if strings.Fields(text)[1] == "1" { // pion says each a second time, for RTCP
					late = append(late, "candidate:"+strings.TrimSpace(text))
				}
			} else if !strings.HasPrefix(line, "a=end-of-candidates") {
				rest = append(rest, line)
			}
		}
		return strings.Join(rest, "")
	}
	o.SDP = bare(o.SDP)
	nonce := base64.RawURLEncoding.EncodeToString(p.nonce[:])
	refused := func(what string, t2 wire.Trickle, want wire.Reason) {
		t.Helper()
		_, err := h.Trickle(t2)
		if no := (*RefusedError)(nil); !errors.As(err, &no) || no.Reason != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	refused("before the call", wire.Trickle{Nonce: nonce}, wire.CallStale)
	body, err := h.Answer(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	theirs := slices.Clone(late)
	late = nil
	answer := bare(body.SDP)
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	refused("another's nonce", wire.Trickle{Nonce: "AAAAAAAAAAAAAAAAAAAAAA", Candidates: theirs}, wire.CallStale)
	refused("no nonce", wire.Trickle{Candidates: theirs}, wire.CallStale)
	refused("a name", wire.Trickle{Nonce: nonce, Candidates: []string{"candidate:1 1 udp 1 x.local 4 typ host"}}, wire.Unreadable)
	var told wire.Trickled
	until(t, "the device has found its addresses", func() bool {
		if told, err = h.Trickle(wire.Trickle{Nonce: nonce}); err != nil {
			t.Fatal(err)
		}
		return !told.More
	})
	if len(told.Candidates) != len(late) {
		t.Errorf("%d addresses trickle, %d are in the answer", len(told.Candidates), len(late))
	}
	if again, err := h.Trickle(wire.Trickle{Nonce: nonce, Have: len(told.Candidates)}); err != nil || len(again.Candidates) != 0 {
		t.Errorf("told again: %v, %v", again.Candidates, err)
	}
	if _, err := h.Trickle(wire.Trickle{Nonce: nonce, Candidates: theirs}); err != nil {
		t.Fatal(err)
	}
	until(t, "the phone is connected", func() bool {
		connected := false
		h.each(func(v *viewer) { connected = connected || v.connected })
		return connected
	})
	refused("no end of addresses", wire.Trickle{Nonce: nonce, Candidates: slices.Repeat(theirs[:1], maxCandidates)}, wire.Busy)
}

func FuzzCandidate(f *testing.F) {
	f.Add("candidate:1 1 udp 2130706431 192.0.2.9 40002 typ host")
	f.Add("candidate:aZ+/ 1 udp 1 2001:db8::1 1 typ srflx raddr 192.168.1.2 rport 9")
	f.Fuzz(func(t *testing.T, text string) {
		line, err := candidate(text, false)
		if err != nil {
			return
		}
		if again, err := candidate(line, false); err != nil || again != line {
			t.Fatalf("%q is read as %q, and that as %q (%v)", text, line, again, err)
		}
		if strings.ContainsAny(line, "\r\n=") {
			t.Fatalf("%q says more than an address", line)
		}
	})
}
