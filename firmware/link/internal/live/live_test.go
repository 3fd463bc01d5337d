package live

import (
	"bytes"
	"context"
	"crypto/ed25519"
	_ "embed"
	"encoding/base64"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// pattern is three seconds of a test pattern, 320x240, every 30th picture a key frame; its
// encoder's settings are eye's.
//
//go:embed testdata/pattern.h264
var pattern []byte

// units takes the pattern apart into access units: one slice each, with what precedes it.
func units() []pipe.Unit {
	var all []pipe.Unit
	var unit []byte
	for _, n := range nals(pattern) {
		unit = append(append(unit, 0, 0, 0, 1), n...)
		if kind := n[0] & 0x1f; kind == 1 || kind == 5 {
			all = append(all, pipe.Unit{Frame: uint64(len(all) + 1), Key: kind == 5, Format: pipe.H264, Data: unit})
			unit = nil
		}
	}
	return all
}

func nals(stream []byte) [][]byte {
	var found [][]byte
	for _, n := range bytes.Split(stream, []byte{0, 0, 1})[1:] {
		found = append(found, bytes.TrimRight(n, "\x00")) // the next start code's first byte
	}
	return found
}

// fakeGate admits by rule.
type fakeGate struct {
	mu    sync.Mutex
	rule  func(context.Context, pipe.Ask) (pipe.Admit, error)
	asked []pipe.Ask
	left  []string
}

func (g *fakeGate) Ask(ctx context.Context, a pipe.Ask) (pipe.Admit, error) {
	g.mu.Lock()
	g.asked = append(g.asked, a)
	rule := g.rule
	g.mu.Unlock()
	return rule(ctx, a)
}

func (g *fakeGate) Left(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left = append(g.left, id)
}

func (g *fakeGate) counts() (asked, left int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.asked), len(g.left)
}

// admit is what a true gate does: it believes the signed call.
func admit(_ context.Context, a pipe.Ask) (pipe.Admit, error) {
	key, err := pass.DecodeKey(a.Key)
	if err != nil {
		return pipe.Admit{ID: a.ID, Reason: wire.BadSignature}, nil
	}
	call, err := pass.OpenCall([]byte(a.Call), key)
	if err != nil {
		return pipe.Admit{ID: a.ID, Reason: wire.BadSignature}, nil
	}
	return pipe.Admit{ID: a.ID, Answer: "signed", Fingerprint: call.Fingerprint[:], Until: time.Now().Add(time.Hour)}, nil
}

type house struct {
	*Audience
	gate *fakeGate
	mu   sync.Mutex
	keys int
	now  time.Duration
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{gate: &fakeGate{rule: admit}, now: time.Hour}
	var err error
	h.Audience, err = New(Config{
		Gate: h.gate, KeyPlease: func() { h.mu.Lock(); h.keys++; h.mu.Unlock() }, Changed: func() {}, Wish: func(pipe.Wish) {}, Format: pipe.H264,
		Clock: func() time.Duration { return h.now }, Loopback: true, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func (h *house) keysAsked() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys
}

// phone is a viewer: a browser as far as this side can tell.
type phone struct {
	t     *testing.T
	key   ed25519.PrivateKey
	pc    *webrtc.PeerConnection
	nonce [16]byte
	take  func(*webrtc.TrackRemote) // in the place of receive

	mu      sync.Mutex
	units   [][]byte // Annex B, with four-byte start codes
	packets int
	fresh   int // packets that say that nothing is to be held back
	beats   []string
	state   webrtc.PeerConnectionState
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	return newPhoneBy(t, webrtc.Configuration{})
}

func newPhoneBy(t *testing.T, ways webrtc.Configuration) *phone {
	t.Helper()
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	if err := registerFresh(media); err != nil { // as browsers do
		t.Fatal(err)
	}
	return newPhoneWith(t, set, media, ways)
}

func newPhoneWith(t *testing.T, set webrtc.SettingEngine, media *webrtc.MediaEngine, ways webrtc.Configuration) *phone {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, key: key}
	p.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(set), webrtc.WithMediaEngine(media)).NewPeerConnection(ways)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.pc.Close(); err != nil {
			t.Error(err)
		}
	})
	p.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) { p.mu.Lock(); p.state = s; p.mu.Unlock() })
	if _, err := p.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	negotiated, id := true, uint16(0)
	d, err := p.pc.CreateDataChannel("beats", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id})
	if err != nil {
		t.Fatal(err)
	}
	d.OnMessage(func(m webrtc.DataChannelMessage) {
		p.mu.Lock()
		p.beats = append(p.beats, string(m.Data))
		p.mu.Unlock()
	})
	p.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if p.take != nil {
			p.take(track)
			return
		}
		p.receive(track)
	})
	return p
}

func (p *phone) receive(track *webrtc.TrackRemote) {
	var depacketizer codecs.H264Packet
	var unit []byte
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		b, err := depacketizer.Unmarshal(packet.Payload)
		if err != nil {
			p.t.Error(err)
			return
		}
		unit = append(unit, b...)
		p.mu.Lock()
		p.packets++
		for _, id := range packet.GetExtensionIDs() {
			if bytes.Equal(packet.GetExtension(id), []byte{0, 0, 0}) {
				p.fresh++
			}
		}
		if packet.Marker {
			p.units = append(p.units, unit)
			unit = nil
		}
		p.mu.Unlock()
	}
}

// offer is what the phone asks the hub to carry.
func (p *phone) offer() wire.Offer {
	p.t.Helper()
	sdp, err := p.pc.CreateOffer(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	complete := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(sdp); err != nil {
		p.t.Fatal(err)
	}
	<-complete
	text := p.pc.LocalDescription().SDP
	own, err := examine(text)
	if err != nil {
		p.t.Fatal(err)
	}
	p.nonce = [16]byte{1, 2, 3}
	call, err := pass.SignCall(pass.Call{Device: "d", Delivery: "x", Fingerprint: own, At: time.Now().Truncate(time.Second), Nonce: p.nonce}, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	return wire.Offer{SDP: text, Call: string(call), Key: pass.EncodeKey(p.key.Public().(ed25519.PublicKey))}
}

// watch joins the house.
func (p *phone) watch(h *house) {
	p.t.Helper()
	p.joins(h, p.offer())
}

func (p *phone) joins(h *house, offer wire.Offer) {
	p.t.Helper()
	body, err := h.Answer(p.t.Context(), offer)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: body.SDP}); err != nil {
		p.t.Fatal(err)
	}
	until(p.t, "the phone is connected", func() bool {
		connected := false
		h.each(func(v *viewer) {
			connected = connected || v.connected && v.beats.ReadyState() == webrtc.DataChannelStateOpen
		})
		p.mu.Lock()
		defer p.mu.Unlock()
		return connected && p.state == webrtc.PeerConnectionStateConnected
	})
}

func (p *phone) got() (units [][]byte, packets int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.units), p.packets
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

func TestTheFirstPictureIsAKeyFrame(t *testing.T) {
	h := newHouse(t)
	p := newPhone(t)
	p.watch(h)
	until(t, "a key frame is asked for", func() bool { return h.keysAsked() > 0 })
	all := units()
	var want [][]byte
	for i, u := range all[20:] { // in the middle of a group
		u.At = h.now + time.Duration(i)*33*time.Millisecond
		h.now = u.At
		h.Unit(u)
		if i >= 10 {
			want = append(want, u.Data)
		}
		time.Sleep(time.Millisecond) // not all in one burst
	}
	until(t, "all pictures", func() bool { got, _ := p.got(); return len(got) >= len(want) })
	got, _ := p.got()
	for i := range want {
		if !slices.EqualFunc(nals(got[i]), nals(want[i]), bytes.Equal) {
			t.Fatalf("picture %d is not what was sent: %d bytes, want %d", i, len(got[i]), len(want[i]))
		}
	}
	var kinds []byte
	for _, n := range nals(got[0]) {
		kinds = append(kinds, n[0]&0x1f)
	}
	if !slices.Equal(kinds, []byte{7, 8, 5}) {
		t.Errorf("the first picture has NAL units %v, want parameters and a key frame", kinds)
	}

	if p.mu.Lock(); p.fresh != len(got) {
		t.Errorf("%d of %d pictures say that they are to be shown at once", p.fresh, len(got))
	}
	p.mu.Unlock()

	h.Beat([]byte("beat\n"))
	until(t, "a beat", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return slices.Equal(p.beats, []string{"beat\n"}) })

	// A picture that is old is not shown; then only a key frame helps.
	_, before := p.got()
	old := all[len(all)-1]
	old.At = h.now - 2*maxAge
	h.Unit(old)
	old.At = h.now
	h.Unit(old)
	fresh := all[60]
	fresh.At = h.now
	h.Unit(fresh)
	until(t, "the next key frame", func() bool { got, _ := p.got(); return len(got) == len(want)+1 })
	if got, after := p.got(); after <= before || !slices.EqualFunc(nals(got[len(want)]), nals(fresh.Data), bytes.Equal) {
		t.Error("an old picture was sent")
	}
}

func TestKeyFramesAreAskedForAtMostTwiceASecond(t *testing.T) {
	h := newHouse(t)
	p := newPhone(t)
	p.watch(h)
	until(t, "the first request", func() bool { return h.keysAsked() > 0 })
	start, first := time.Now(), h.keysAsked()
	for time.Since(start) < 2*keySpacing+keySpacing/2 {
		for _, r := range p.pc.GetReceivers() {
			if err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(ssrcOf(h))}, &rtcp.FullIntraRequest{}}); err != nil {
				t.Fatal(err)
			}
			_ = r
		}
		time.Sleep(20 * time.Millisecond)
	}
	if n := h.keysAsked() - first; n < 1 || n > 3 {
		t.Errorf("%d requests in %v", n, time.Since(start))
	}
}

func ssrcOf(h *house) (ssrc webrtc.SSRC) {
	h.each(func(v *viewer) { ssrc = v.pc.GetSenders()[0].GetParameters().Encodings[0].SSRC })
	return ssrc
}

func TestAnOfferThatIsNotTheViewersIsRefused(t *testing.T) {
	h := newHouse(t)
	p := newPhone(t)
	good := p.offer()
	lines := strings.Split(strings.TrimSuffix(good.SDP, "\r\n"), "\r\n")
	printLine := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "a=fingerprint:") })
	own := lines[printLine]
	foreign := "a=fingerprint:sha-256 " + spell(bytes.Repeat([]byte{7}, 32))
	swap := func(old, new string) string { return strings.ReplaceAll(good.SDP, old, new) }
	video := good.SDP[strings.Index(good.SDP, "m=video"):strings.Index(good.SDP, "m=application")]
	for _, c := range []struct {
		name string
		sdp  string
		want wire.Reason
		left int // how often gate hears that somebody whom it admitted has gone
	}{
		{"swapped", swap(own, foreign), wire.BadSignature, 1},
		{"one bit", swap(own, own[:len(own)-1]+string('0'+(own[len(own)-1]-'0'+1)%10)), wire.BadSignature, 1},
		{"added before", swap(own, foreign+"\r\n"+own), wire.Unreadable, 0},
		{"added after", swap(own, own+"\r\n"+foreign), wire.Unreadable, 0},
		{"added at the end", good.SDP + foreign + "\r\n", wire.Unreadable, 0},
		{"added as md5", swap(own, own+"\r\na=fingerprint:md5 "+spell(make([]byte, 16))), wire.Unreadable, 0},
		{"md5 only", swap(own, "a=fingerprint:md5 "+spell(make([]byte, 16))), wire.Unreadable, 0},
		{"sha-1 only", swap(own, "a=fingerprint:sha-1 "+spell(make([]byte, 20))), wire.Unreadable, 0},
		{"none", swap(own+"\r\n", ""), wire.Unreadable, 0},
		{"empty", swap(own, "a=fingerprint:"), wire.Unreadable, 0},
		{"said twice", swap(own, own+"\r\n"+own), wire.Unreadable, 0},
		{"another spelling of it", swap(own, own+"\r\n"+strings.ToLower(own)), wire.Unreadable, 0},
		{"lower case", swap(own, strings.ToLower(own)), wire.Unreadable, 0},
		{"another case of the word", swap(own, own+"\r\n"+strings.Replace(foreign, "fingerprint", "Fingerprint", 1)), wire.Unreadable, 0},
		{"too short", swap(own, own[:len(own)-3]), wire.Unreadable, 0},
		{"a second picture", strings.Replace(good.SDP, video, video+video, 1), wire.Unreadable, 0},
		{"a picture from the viewer", swap("a=recvonly", "a=sendrecv"), wire.Unreadable, 0},
		{"sound", good.SDP + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\n", wire.Unreadable, 0},
		{"no data channel", good.SDP[:strings.Index(good.SDP, "m=application")], wire.Unreadable, 0},
		{"too many addresses", good.SDP + strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", maxCandidates+1), wire.Unreadable, 0},
		{"a megabyte", good.SDP + strings.Repeat("a=x\r\n", 200_000), wire.Unreadable, 0},
		{"nothing", "", wire.Unreadable, 0},
	} {
		asked, left := h.gate.counts()
		_, err := h.Answer(t.Context(), wire.Offer{SDP: c.sdp, Call: good.Call, Key: good.Key})
		var no *RefusedError
		if !errors.As(err, &no) || no.Reason != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		askedNow, leftNow := h.gate.counts()
		if askedNow-asked != 1 || leftNow-left != c.left {
			t.Errorf("%s: gate was asked %d times and told %d times that the viewer left, want 1 and %d", c.name, askedNow-asked, leftNow-left, c.left)
		}
		if h.Count() != 0 {
			t.Fatalf("%s: somebody watches", c.name)
		}
	}
	// The offer was good all the time.
	if _, err := h.Answer(t.Context(), good); err != nil {
		t.Errorf("the true offer: %v", err)
	}
}

func TestGateDecides(t *testing.T) {
	h := newHouse(t)
	offer := newPhone(t).offer()
	for _, c := range []struct {
		name  string
		rule  func(context.Context, pipe.Ask) (pipe.Admit, error)
		want  wire.Reason // empty: no refusal but another error
		leave int
	}{
		{"it refuses", func(context.Context, pipe.Ask) (pipe.Admit, error) {
			return pipe.Admit{Reason: wire.NotWatcher}, nil
		}, wire.NotWatcher, 0},
		{"its time is over", func(ctx context.Context, a pipe.Ask) (pipe.Admit, error) {
			m, err := admit(ctx, a)
			m.Until = time.Now().Add(-time.Second)
			return m, err
		}, wire.WindowOver, 1},
		{"it is silent", func(ctx context.Context, _ pipe.Ask) (pipe.Admit, error) {
			<-ctx.Done()
			return pipe.Admit{}, ctx.Err()
		}, "", 1},
		{"it cuts meanwhile", func(ctx context.Context, a pipe.Ask) (pipe.Admit, error) {
			h.Cut("the window closes")
			return admit(ctx, a)
		}, wire.CameraAsleep, 1},
	} {
		h.gate.mu.Lock()
		h.gate.rule = c.rule
		h.gate.mu.Unlock()
		_, before := h.gate.counts()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err := h.Answer(ctx, offer)
		cancel()
		var no *RefusedError
		if errors.As(err, &no) != (c.want != "") || err == nil || no != nil && no.Reason != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		until(t, c.name+": nobody is left", func() bool { return h.Count() == 0 })
		until(t, c.name+": gate knows", func() bool { _, left := h.gate.counts(); return left-before == c.leave })
	}
	ask := h.gate.asked[0]
	if ask.Call != offer.Call || ask.Key != offer.Key || !bytes.Equal(ask.Fingerprint, h.fingerprint) || len(h.fingerprint) != 32 {
		t.Errorf("gate was asked %+v", ask)
	}
}

// stream sends pictures until the test ends.
func stream(t *testing.T, h *house) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		all := units()
		for i := 0; ctx.Err() == nil; i++ {
			u := all[i%len(all)]
			u.At = h.now
			h.Unit(u)
			time.Sleep(2 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func TestViewingEnds(t *testing.T) {
	for name, end := range map[string]func(*house, *phone){
		"by cut": func(h *house, _ *phone) { h.Cut("the window closes") },
		"by bye": func(h *house, p *phone) {
			h.Bye("")
			h.Bye("AAAA")
			if h.Count() != 1 {
				t.Error("a stranger's bye ends a viewing")
			}
			h.Bye(base64.RawURLEncoding.EncodeToString(p.nonce[:]))
		},
		"by the phone": func(_ *house, p *phone) {
			if err := p.pc.Close(); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			p := newPhone(t)
			p.watch(h)
			stream(t, h)
			until(t, "pictures", func() bool { _, n := p.got(); return n > 20 })
			end(h, p)
			ended := time.Now()
			until(t, "gate knows", func() bool { _, left := h.gate.counts(); return left == 1 })
			if d := time.Since(ended); d > time.Second {
				t.Errorf("it took %v", d)
			}
			time.Sleep(50 * time.Millisecond) // what was on the way
			_, before := p.got()
			time.Sleep(300 * time.Millisecond)
			if _, after := p.got(); after != before {
				t.Errorf("%d packets after the end", after-before)
			}
			if h.Count() != 0 {
				t.Error("somebody is left")
			}
		})
	}
}

func TestViewingEndsAtTheTimeThatGateSaid(t *testing.T) {
	h := newHouse(t)
	over := time.Now().Add(4 * time.Second) // it has to be connected by then
	h.gate.rule = func(ctx context.Context, a pipe.Ask) (pipe.Admit, error) {
		m, err := admit(ctx, a)
		m.Until = over
		return m, err
	}
	p := newPhone(t)
	p.watch(h)
	stream(t, h)
	until(t, "it ends", func() bool { return h.Count() == 0 })
	if d := time.Since(over); d < -100*time.Millisecond || d > time.Second {
		t.Errorf("it ended %v after its end", d)
	}
}

// The end of a viewing moves with its window's, whether gate says so before the viewer has its answer
// or after.
func TestTheEndMoves(t *testing.T) {
	for _, early := range []bool{true, false} {
		h := newHouse(t)
		var id string
		h.gate.rule = func(ctx context.Context, a pipe.Ask) (pipe.Admit, error) {
			m, err := admit(ctx, a)
			m.Until = time.Now().Add(time.Hour)
			id = a.ID
			if early {
				m.Until = time.Now().Add(500 * time.Millisecond)
				h.Until(id, time.Now().Add(2*time.Hour))
			}
			return m, err
		}
		p := newPhone(t)
		p.watch(h)
		stream(t, h)
		until(t, "pictures", func() bool { _, n := p.got(); return n > 0 })
		h.Until("somebody else", time.Now())
		if early {
			time.Sleep(600 * time.Millisecond) // the first end; that nothing comes of it no message says
		}
		if h.Count() != 1 {
			t.Fatal("cut at an end that has moved")
		}
		h.Until(id, time.Now().Add(200*time.Millisecond))
		until(t, "it ends", func() bool { return h.Count() == 0 })
	}
}

func TestThereIsABound(t *testing.T) {
	h := newHouse(t)
	offer := newPhone(t).offer()
	for range maxViewers {
		if _, err := h.Answer(t.Context(), offer); err != nil {
			t.Fatal(err)
		}
	}
	_, err := h.Answer(t.Context(), offer)
	if no := (*RefusedError)(nil); !errors.As(err, &no) || no.Reason != wire.Busy {
		t.Errorf("got %v", err)
	}
	h.Close()
	if _, left := h.gate.counts(); left != maxViewers {
		t.Errorf("%d of %d have left", left, maxViewers)
	}
	if _, err := h.Answer(t.Context(), offer); err == nil {
		t.Error("a closed audience answers")
	}
}

// FuzzExamine: whatever the offer, no panic, and one that is accepted has one fingerprint.
func FuzzExamine(f *testing.F) {
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 " + spell(make([]byte, 32)) +
		"\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n")
	f.Add("v=0\r\n")
	f.Fuzz(func(t *testing.T, offer string) {
		sum, err := examine(offer)
		if err != nil {
			return
		}
		values := 0
		for _, l := range strings.FieldsFunc(offer, func(r rune) bool { return r == '\r' || r == '\n' }) {
			if v, ok := strings.CutPrefix(l, "a=fingerprint:"); ok {
				if values++; v != "sha-256 "+spell(sum[:]) {
					t.Fatalf("accepted with the fingerprint %q, as %x", v, sum)
				}
			}
		}
		if values != 1 {
			t.Fatalf("accepted with %d fingerprints", values)
		}
	})
}

// What is held is all that is fresh, also at 60 a second.
func TestASecondIsHeld(t *testing.T) {
	var h hold
	const rate = 60
	for i := range rate + 1 {
		h.add(pipe.Unit{Key: i == 0, Data: []byte{1}, At: time.Duration(i) * time.Second / rate})
	}
	if got := h.fresh(maxAge); len(got) != rate+1 {
		t.Errorf("%d units of a second are held", len(got))
	}
}

// A viewer who joins begins with the key frame that went by meanwhile, and what followed it, if that is
// fresh; then nobody holds anything any more.
func TestAViewerBeginsWithWhatWasHeld(t *testing.T) {
	for what, c := range map[string]struct {
		late time.Duration // from the key frame to the connection
		want int           // pictures at once
	}{"fresh": {maxAge / 2, 10}, "old": {2 * maxAge, 0}} {
		h, p := newHouse(t), newPhone(t)
		h.Unit(units()[30]) // nobody is there, so nothing is held
		if len(h.hold.units) != 0 {
			t.Fatalf("%s: held for nobody", what)
		}
		body, err := h.Answer(t.Context(), p.offer())
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range units()[25:40] { // the key frame is the sixth
			u.At = h.now + time.Duration(i)*time.Millisecond
			h.Unit(u)
		}
		if len(h.hold.units) != 10 || !h.hold.units[0].Key {
			t.Fatalf("%s: %d units are held", what, len(h.hold.units))
		}
		h.now += c.late
		if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: body.SDP}); err != nil {
			t.Fatal(err)
		}
		until(t, "the phone is connected", func() bool {
			connected := false
			h.each(func(v *viewer) { connected = connected || v.connected })
			return connected
		})
		if c.want == 0 {
			until(t, "a key frame is asked for", func() bool { return h.keysAsked() > 0 })
		} else {
			until(t, "what was held", func() bool { got, _ := p.got(); return len(got) == c.want })
		}
		if got, _ := p.got(); len(got) != c.want || c.want > 0 && h.keysAsked() > 0 {
			t.Errorf("%s: %d pictures, %d requests for a key frame", what, len(got), h.keysAsked())
		}
		h.Audience.mu.Lock()
		held := len(h.hold.units)
		h.Audience.mu.Unlock()
		if held != 0 {
			t.Errorf("%s: %d units are held for nobody", what, held)
		}
	}
}
