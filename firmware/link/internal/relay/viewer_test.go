package relay

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// offer makes what a phone sends to watch, and the fingerprint that it signed.
func offer(t *testing.T, nonce [16]byte) (wire.Offer, [32]byte) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pc.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	if _, err := pc.CreateDataChannel("beats", nil); err != nil {
		t.Fatal(err)
	}
	sdp, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`a=fingerprint:sha-256 (\S+)`).FindStringSubmatch(sdp.SDP)
	sum, err := hex.DecodeString(strings.ReplaceAll(found[1], ":", ""))
	if err != nil {
		t.Fatal(err)
	}
	call, err := pass.SignCall(pass.Call{Device: device, Delivery: "d1", Fingerprint: [32]byte(sum), At: time.Now().Truncate(time.Second), Nonce: nonce}, key)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Offer{SDP: sdp.SDP, Call: string(call), Key: pass.EncodeKey(key.Public().(ed25519.PublicKey))}, [32]byte(sum)
}

// Link is connected to eye while somebody watches, and only then: eye encodes for nobody else.
func TestEyeIsAskedForPicturesWhileSomebodyWatches(t *testing.T) {
	b := startBroker(t, "127.0.0.1:0")
	g := newGate(t)
	g.start()
	views := make(chan *pipe.Conn, 4)
	startLinkAndEye(t, b.addr, g, func() (*pipe.Conn, error) {
		near, far, err := pipe.Pair()
		if err == nil {
			views <- far
		}
		return near, err
	})
	until(t, "online", func() bool { on, _ := b.lastOnline(); return on })
	letters := func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.letters)
	}
	ask := func(id string, nonce [16]byte) (pipe.Ask, [32]byte) {
		t.Helper()
		o, sum := offer(t, nonce)
		l, err := wire.NewLetter(id, wire.LetterOffer, o)
		if err != nil {
			t.Fatal(err)
		}
		before := len(g.bodies(pipe.TypeAsk))
		b.publish(wire.LeafLetterIn, false, l)
		until(t, "gate is asked", func() bool { return len(g.bodies(pipe.TypeAsk)) > before })
		f := pipe.Frame{Type: pipe.TypeAsk, Body: g.bodies(pipe.TypeAsk)[before]}
		var a pipe.Ask
		if err := f.JSON(&a); err != nil || a.Call != o.Call || a.Key != o.Key || len(a.Fingerprint) != 32 {
			t.Fatalf("gate is asked %+v, %v", a, err)
		}
		return a, sum
	}

	// One whom gate refuses.
	a, _ := ask("refused", [16]byte{1})
	g.send(pipe.TypeAdmit, pipe.Admit{ID: a.ID, Reason: wire.NotWatcher})
	until(t, "the refusal", func() bool { return letters() == 1 })
	if l := b.letters[0]; l.ID != "refused" || l.Kind != wire.LetterNo || !strings.Contains(string(l.Body), string(wire.NotWatcher)) {
		t.Errorf("the refusal is %+v", l)
	}

	// One whom gate admits.
	nonce := [16]byte{2}
	a, sum := ask("admitted", nonce)
	g.send(pipe.TypeAdmit, pipe.Admit{ID: a.ID, Answer: "signed", Fingerprint: sum[:], Until: time.Now().Add(time.Hour)})
	until(t, "the answer", func() bool { return letters() == 2 })
	body := decode[wire.AnswerBody](t, b.letters[1].Body)
	if b.letters[1].Kind != wire.LetterAnswer || body.Answer != "signed" || !strings.Contains(body.SDP, "a=candidate:") || !strings.Contains(body.SDP, "a=sendonly") {
		t.Errorf("the answer is %+v", body)
	}
	name := base64.RawURLEncoding.EncodeToString(nonce[:])
	b.publish(wire.LeafLetterIn, false, wire.Letter{ID: "trickle", Kind: wire.LetterTrickle, Body: []byte(`{"nonce":"` + name + `","candidates":[],"have":0}`)})
	until(t, "the device's addresses", func() bool { return letters() == 3 })
	if told := decode[wire.Trickled](t, b.letters[2].Body); b.letters[2].Kind != wire.LetterTrickled || len(told.Candidates) == 0 {
		t.Errorf("the addresses are %+v", b.letters[2])
	}
	var eye *pipe.Conn
	for eye == nil { // those for the one who was refused have ended
		c := <-views
		if f, err := c.Receive(); err == nil && f.Type == pipe.TypeHello && len(views) == 0 {
			eye = c
		}
	}
	b.publish(wire.LeafLetterIn, false, wire.Letter{ID: "bye", Kind: wire.LetterBye, Body: []byte(`{"nonce":"` + name + `"}`)})
	if f, err := eye.Receive(); err == nil {
		t.Errorf("eye hears %v after the last viewer has gone", f.Type)
	}
	until(t, "gate knows", func() bool { return len(g.bodies(pipe.TypeLeft)) == 1 })

	// Gate's death ends all viewing.
	a, sum = ask("again", [16]byte{3})
	g.send(pipe.TypeAdmit, pipe.Admit{ID: a.ID, Answer: "signed", Fingerprint: sum[:], Until: time.Now().Add(time.Hour)})
	until(t, "the answer", func() bool { return letters() == 4 })
	eye = <-views
	if _, err := eye.Receive(); err != nil {
		t.Fatal(err)
	}
	g.stop()
	if f, err := eye.Receive(); err == nil {
		t.Errorf("eye hears %v after gate has gone", f.Type)
	}
}
