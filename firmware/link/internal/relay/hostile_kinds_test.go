package relay

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// meddling is one thing that a hub can do to what it carries. It gets both letters of a call that was
// answered, and returns them changed; one kind changes either the offer, on its way to the device, or the
// answer, on its way to the viewer.
type meddling struct {
	name string
	// free is set where the change is the hub's to make (how packets travel) or may change nothing: then it
	// may be let through, but only to the party that was meant.
	free   bool
	offer  func(*scene) wire.Offer
	answer func(*scene) wire.AnswerBody
}

// scene is what a hostile hub has in hand.
type scene struct {
	*rand.Rand
	t      *testing.T
	home   *home
	viewer *browser
	terms  pass.Terms // the window that is open
	past   pass.Terms // one that is over

	offer  wire.Offer      // fresh, the viewer's, not yet carried
	answer wire.AnswerBody // the device's, to the viewer's call of before
	now    time.Time

	latest   exchange
	olds     []exchange // that were carried before, true ones
	attacker ed25519.PrivateKey
	revoked  ed25519.PrivateKey // a member whom the open window's pass names
}

type exchange struct {
	offer  wire.Offer
	answer wire.AnswerBody
}

func (s *scene) pick(of ...string) string { return of[s.IntN(len(of))] }

func (s *scene) old() exchange { return s.olds[s.IntN(len(s.olds))] }

// bytesOf is n bytes from the seed.
func (s *scene) bytesOf(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.Uint32())
	}
	return b
}

func spell(sum []byte) string {
	words := make([]string, len(sum))
	for i, b := range sum {
		words[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(words, ":")
}

func (s *scene) foreign() string { return "a=fingerprint:sha-256 " + spell(s.bytesOf(32)) }

// weak is a fingerprint of another hash, of nobody we know.
func (s *scene) weak() string {
	sizes := map[string]int{"md5": 16, "md2": 16, "sha-1": 20, "sha-224": 28, "sha-384": 48, "sha-512": 64}
	hash := s.pick("md5", "md2", "sha-1", "sha-224", "sha-384", "sha-512")
	return "a=fingerprint:" + hash + " " + spell(s.bytesOf(sizes[hash]))
}

// printOf is the fingerprint's line of a true description.
func printOf(sdp string) string {
	for l := range strings.SplitSeq(sdp, "\r\n") {
		if strings.HasPrefix(l, "a=fingerprint:") {
			return l
		}
	}
	return "a=fingerprint:none"
}

// put adds a line anywhere in a description after its head: for the session, or for a medium.
func (s *scene) put(sdp, line string) string {
	lines := strings.Split(strings.TrimSuffix(sdp, "\r\n"), "\r\n")
	at := 4 + s.IntN(len(lines)-3)
	return strings.Join(lines[:at], "\r\n") + "\r\n" + line + "\r\n" + strings.Join(append(lines[at:], ""), "\r\n")
}

// section is one medium of a description.
func section(sdp, kind string) string {
	_, rest, _ := strings.Cut(sdp, "m="+kind)
	if end := strings.Index(rest, "\r\nm="); end >= 0 {
		rest = rest[:end+2]
	}
	return "m=" + kind + rest
}

// each replaces the value of every line with a beginning.
func each(sdp, beginning string, value func() string) string {
	lines := strings.Split(sdp, "\r\n")
	for i, l := range lines {
		if strings.HasPrefix(l, beginning) {
			lines[i] = beginning + value()
		}
	}
	return strings.Join(lines, "\r\n")
}

// changes of a description, for offers and answers alike.
func changes() []struct {
	name   string
	free   bool
	change func(*scene, string) string
} {
	swap := func(sdp, line string) string { return strings.ReplaceAll(sdp, printOf(sdp), line) }
	return []struct {
		name   string
		free   bool
		change func(*scene, string) string
	}{
		{"fingerprint swapped", false, func(s *scene, sdp string) string { return swap(sdp, s.foreign()) }},
		{"fingerprint, one digit", false, func(s *scene, sdp string) string {
			own := []byte(printOf(sdp))
			at := len("a=fingerprint:sha-256 ") + 3*s.IntN(32)
			own[at] = "123456789ABCDEF0"[strings.IndexByte("0123456789ABCDEF", own[at])]
			return swap(sdp, string(own))
		}},
		{"fingerprint added", false, func(s *scene, sdp string) string { return s.put(sdp, s.foreign()) }},
		{"fingerprint added beside it", false, func(s *scene, sdp string) string {
			own := printOf(sdp)
			return swap(sdp, s.pick(own+"\r\n"+s.foreign(), s.foreign()+"\r\n"+own, own+"\r\n"+own))
		}},
		{"weak fingerprint added", false, func(s *scene, sdp string) string { return s.put(sdp, s.weak()) }},
		{"weak fingerprint instead", false, func(s *scene, sdp string) string { return swap(sdp, s.weak()) }},
		{"fingerprint spelt otherwise", false, func(s *scene, sdp string) string {
			own := printOf(sdp)
			if s.IntN(2) == 0 {
				own = s.foreign()
			}
			value := strings.TrimPrefix(own, "a=fingerprint:sha-256 ")
			return swap(sdp, s.pick("a=fingerprint:sha-256 "+strings.ToLower(value), "a=fingerprint:SHA-256 "+value, "a=Fingerprint:sha-256 "+value,
				"a=fingerprint:sha-256  "+value, "a=fingerprint:sha-256\t"+value, "a=fingerprint: sha-256 "+value, "a=fingerprint:sha-256 "+strings.ReplaceAll(value, ":", ""),
				"a=fingerprint:sha-256 "+value+" ", "a=fingerprint:sha-256 "+value+":00", "a=fingerprint:sha-256 "+value[3:], "a=fingerprint:sha256 "+value, own+"\x00", "a=fingerprint:sha-256 "+value+" "+value))
		}},
		{"fingerprint added, spelt otherwise", false, func(s *scene, sdp string) string {
			value := spell(s.bytesOf(32))
			return s.put(sdp, s.pick("A=fingerprint:sha-256 "+value, "a=FINGERPRINT:sha-256 "+value, "a=fingerprint:sha-256 "+strings.ToLower(value), "a=fingerprint:", "a=fingerprint:sha-256"))
		}},
		{"no fingerprint", false, func(s *scene, sdp string) string {
			return swap(sdp, s.pick("a=fingerprint:", "a=fingerprint", "a=x", "a=fingerprint:sha-256", "a=fingerprint:sha-256 "))
		}},
		{"fingerprint behind a strange line end", true, func(s *scene, sdp string) string {
			end := s.pick("\r", "\n", "\u2028", "\u2029", "\v", "\f", "\x00", "\u0085", "\n\r")
			if s.IntN(2) == 0 {
				return s.put(sdp, "a=x"+end+s.foreign())
			}
			return swap(sdp, "a=x"+end+printOf(sdp))
		}},
		{"strange line ends", true, func(s *scene, sdp string) string {
			return strings.ReplaceAll(sdp, "\r\n", s.pick("\n", "\r", "\n\n", "\r\n\r\n", "\n\r"))
		}},
		{"medium twice", true, func(s *scene, sdp string) string {
			twice := section(sdp, s.pick("video", "application"))
			if s.IntN(2) == 0 {
				twice = strings.TrimSuffix(twice, "\r\n") + "\r\n" + s.foreign() + "\r\n"
			}
			return sdp + twice
		}},
		{"medium added", true, func(s *scene, sdp string) string {
			return sdp + s.pick("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\n", "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n", "m=text 9 RTP/AVP 98\r\n", "m=video 9 RTP/AVP 96\r\na=recvonly\r\n")
		}},
		{"role of DTLS swapped", true, func(s *scene, sdp string) string {
			return each(sdp, "a=setup:", func() string { return s.pick("active", "passive", "actpass", "holdconn", "") })
		}},
		{"bundle and rtcp attributes", true, func(s *scene, sdp string) string {
			gone := s.pick("a=group:", "a=rtcp-mux", "a=rtcp-rsize", "a=mid:", "a=msid", "a=extmap")
			if s.IntN(2) == 0 {
				return each(sdp, gone, func() string { return s.pick("0", "1", "BUNDLE 0", "LS 0 1", "") })
			}
			return strings.ReplaceAll(sdp, "\r\n"+gone, "\r\na=was-")
		}},
		{"another protocol's keys", true, func(s *scene, sdp string) string {
			return s.put(sdp, s.pick("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4",
				"a=key-mgmt:mikey AAAA", "k=clear:AAAA", "a=identity:AAAA", "a=tls-id:abc3de65cddef001be82", "a=zrtp-hash:1.10 fe30", "a=ice-lite", "a=ice-options:trickle renomination"))
		}},
		{"ICE credentials changed", true, func(s *scene, sdp string) string {
			sdp = each(sdp, "a=ice-ufrag:", func() string { return hex.EncodeToString(s.bytesOf(4)) })
			return each(sdp, "a=ice-pwd:", func() string { return hex.EncodeToString(s.bytesOf(16)) })
		}},
		{"candidates added", true, func(s *scene, sdp string) string {
			for range 1 + s.IntN(20) {
				sdp = strings.Replace(sdp, "\r\na=candidate:", fmt.Sprintf("\r\na=candidate:%d 1 udp %d 192.0.2.%d %d typ host\r\na=candidate:", s.Uint32(), s.Uint32(), s.IntN(255), 1+s.IntN(65000)), 1)
			}
			return sdp
		}},
		{"bytes changed at random", true, func(s *scene, sdp string) string {
			b := []byte(sdp)
			for range 1 + s.IntN(8) {
				switch at := s.IntN(len(b)); s.IntN(3) {
				case 0:
					b[at] = byte(s.Uint32())
				case 1:
					b = append(b[:at], b[min(at+1+s.IntN(20), len(b)):]...)
				default:
					end := min(at+s.IntN(100), len(b))
					b = append(b[:end:end], b[at:]...)
				}
				if len(b) == 0 {
					break
				}
			}
			return string(b)
		}},
	}
}

// signatures are changes of a signed note that leave it unsigned.
func (s *scene) unsigned(note string) string {
	text, signature, _ := strings.Cut(note, "\n\n")
	switch s.IntN(7) {
	case 0: // stripped
		return text + "\n"
	case 1:
		return text + "\n\n"
	case 2: // flipped: within the signature's 512 bits, not in the padding
		b := []byte(note)
		at := len(b) - 6 - s.IntN(80)
		b[at] = "BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/A"[max(0, strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", b[at]))]
		return string(b)
	case 3: // flipped in the text
		b := []byte(note)
		b[s.IntN(len(text))] ^= 1 << s.IntN(7)
		return string(b)
	case 4: // of another note
		_, other, _ := strings.Cut(s.old().offer.Call, "\n\n")
		return text + "\n\n" + other
	case 5: // a second one
		return note + signature
	default: // cut off
		return note[:s.IntN(len(note)-1)]
	}
}

// kinds is everything that a hostile hub does here.
func kinds() []meddling {
	var all []meddling
	for _, c := range changes() {
		all = append(all,
			meddling{name: "offer: " + c.name, free: c.free && !strings.HasPrefix(c.name, "medium"), offer: func(s *scene) wire.Offer {
				o := s.offer
				o.SDP = c.change(s, o.SDP)
				return o
			}},
			meddling{name: "answer: " + c.name, free: c.free, answer: func(s *scene) wire.AnswerBody {
				return wire.AnswerBody{SDP: c.change(s, s.answer.SDP), Answer: s.answer.Answer}
			}})
	}
	call := func(name string, offer func(*scene) wire.Offer) {
		all = append(all, meddling{name: "offer: " + name, offer: offer})
	}
	call("replayed whole", func(s *scene) wire.Offer { return s.old().offer })
	call("call of an earlier session", func(s *scene) wire.Offer { o := s.old().offer; o.SDP = s.offer.SDP; return o })
	call("description of an earlier session, of another browser", func(s *scene) wire.Offer {
		o := s.offer
		for o.SDP == s.offer.SDP {
			if o.SDP = s.old().offer.SDP; printOf(o.SDP) == printOf(s.offer.SDP) {
				o.SDP = strings.ReplaceAll(s.offer.SDP, printOf(s.offer.SDP), s.foreign())
			}
		}
		return o
	})
	call("signed long ago, or ahead", func(s *scene) wire.Offer {
		by := time.Duration(65+s.IntN(100_000)) * time.Second
		if s.IntN(2) == 0 {
			by = -by
		}
		return s.viewer.calls(s.t, s.terms.Device, s.terms.Delivery, func(c *pass.Call) { c.At = c.At.Add(by) })
	})
	call("with another's key", func(s *scene) wire.Offer { o := s.offer; o.Key = pass.EncodeKey(public(s.attacker)); return o })
	call("signed by a stranger", func(s *scene) wire.Offer {
		true_ := s.viewer.key
		defer func() { s.viewer.key = true_ }()
		s.viewer.key = s.attacker
		o := s.viewer.calls(s.t, s.terms.Device, s.terms.Delivery)
		if s.IntN(2) == 0 {
			o.Key = pass.EncodeKey(public(true_))
		}
		return o
	})
	call("signed by a revoked member", func(s *scene) wire.Offer {
		true_ := s.viewer.key
		defer func() { s.viewer.key = true_ }()
		s.viewer.key = s.revoked
		return s.viewer.calls(s.t, s.terms.Device, s.terms.Delivery)
	})
	call("of a window that is over", func(s *scene) wire.Offer { return s.viewer.calls(s.t, s.terms.Device, s.past.Delivery) })
	call("of another delivery or device", func(s *scene) wire.Offer {
		if s.IntN(2) == 0 {
			return s.viewer.calls(s.t, pass.KeyID(public(s.attacker)), s.terms.Delivery)
		}
		return s.viewer.calls(s.t, s.terms.Device, "d-"+hex.EncodeToString(s.bytesOf(4)))
	})
	call("signature stripped or flipped", func(s *scene) wire.Offer { o := s.offer; o.Call = s.unsigned(o.Call); return o })
	call("role swapped", func(s *scene) wire.Offer {
		o := s.offer
		o.Call = s.answer.Answer
		if s.IntN(2) == 0 {
			o.Key = s.home.id.Sign
		}
		return o
	})
	reply := func(name string, answer func(*scene) wire.AnswerBody) {
		all = append(all, meddling{name: "answer: " + name, answer: answer})
	}
	reply("of an earlier session", func(s *scene) wire.AnswerBody { return s.old().answer })
	reply("to an earlier call, with this description", func(s *scene) wire.AnswerBody {
		return wire.AnswerBody{SDP: s.answer.SDP, Answer: s.old().answer.Answer}
	})
	reply("signature stripped or flipped", func(s *scene) wire.AnswerBody {
		return wire.AnswerBody{SDP: s.answer.SDP, Answer: s.unsigned(s.answer.Answer)}
	})
	reply("role swapped", func(s *scene) wire.AnswerBody { return wire.AnswerBody{SDP: s.answer.SDP, Answer: s.viewer.note} })
	reply("the viewer's own offer", func(s *scene) wire.AnswerBody { return wire.AnswerBody{SDP: s.offer.SDP, Answer: s.answer.Answer} })
	forged := func(s *scene, key ed25519.PrivateKey, change func(*pass.Answer)) wire.AnswerBody {
		a, err := pass.OpenAnswer([]byte(s.answer.Answer), s.home.device)
		if err != nil {
			s.t.Fatal(err)
		}
		change(&a)
		note, err := pass.SignAnswer(a, key)
		if err != nil {
			s.t.Fatal(err)
		}
		return wire.AnswerBody{SDP: s.answer.SDP, Answer: string(note)}
	}
	reply("signed by the hub", func(s *scene) wire.AnswerBody { return forged(s, s.attacker, func(*pass.Answer) {}) })
	reply("of another pass, viewer or device", func(s *scene) wire.AnswerBody {
		return forged(s, s.attacker, func(a *pass.Answer) {
			switch s.IntN(3) {
			case 0:
				a.Delivery = s.past.Delivery
			case 1:
				a.Viewer = pass.KeyID(public(s.attacker))
			default:
				a.Device = pass.KeyID(public(s.attacker))
			}
		})
	})
	reply("carried after its end", func(s *scene) wire.AnswerBody {
		s.now = s.terms.Until.Add(time.Duration(s.IntN(1000)) * time.Second)
		return s.answer
	})
	return all
}
