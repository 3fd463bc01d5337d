package live

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"

	"vestibule/hub/wire"
)

const (
	// gatherSoon is how long an answer waits for this side's addresses. Those of its own interfaces are
	// there in a few milliseconds; what takes longer trickles (RFC 8838).
	gatherSoon = 100 * time.Millisecond
	// maxCandidate is how long a candidate's line may be, in bytes.
	maxCandidate = 256
)

// Trickle takes addresses that a viewer has found since its offer, and returns those that this side has
// found since its answer. Whoever knows the call's nonce may ask, which is the viewer and the hub. An
// address is only where a connection is tried: whoever answers there has to have the certificate that
// was signed for.
func (a *Audience) Trickle(t wire.Trickle) (wire.Trickled, error) {
	var pc *webrtc.PeerConnection
	many := 0
	told := wire.Trickled{Candidates: []string{}}
	a.each(func(one *viewer) {
		if !one.answered || !one.called(t.Nonce) {
			return
		}
		pc = one.pc
		if t.Have >= 0 && t.Have < len(one.found) {
			told.Candidates = append(told.Candidates, one.found[t.Have:]...)
		}
		told.More = one.looking
		one.trickled = min(one.trickled+len(t.Candidates), maxCandidates+1)
		many = one.trickled
	})
	switch {
	case pc == nil:
		return told, &RefusedError{wire.CallStale, errors.New("addresses for a call that nobody has answered")}
	case many > maxCandidates:
		return told, &RefusedError{wire.Busy, fmt.Errorf("a viewer with more than %d addresses", maxCandidates)}
	}
	first := uint16(0) // everything is in one bundle
	for _, text := range t.Candidates {
		line, err := candidate(text, a.cfg.Loopback)
		if err != nil {
			return told, &RefusedError{wire.Unreadable, err}
		}
		if err := pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: line, SDPMLineIndex: &first}); err != nil {
			return told, &RefusedError{wire.Unreadable, err}
		}
	}
	return told, nil
}

// candidate reads an address as RFC 8839, section 5.1, has it, and writes it again from what was
// understood: UDP, one component, an address in figures, and nothing else that the line said.
func candidate(text string, loopback bool) (string, error) {
	f := strings.Split(text, " ")
	if len(text) > maxCandidate || len(f) < 8 || f[6] != "typ" {
		return "", fmt.Errorf("candidate %.80q has a wrong form", text)
	}
	foundation, ok := strings.CutPrefix(f[0], "candidate:")
	if !ok || foundation == "" || len(foundation) > 32 || strings.Trim(foundation, foundationChars) != "" {
		return "", fmt.Errorf("candidate %.80q has a wrong foundation", text)
	}
	priority, err := strconv.ParseUint(f[3], 10, 32)
	if err != nil || f[1] != "1" || !strings.EqualFold(f[2], "udp") {
		return "", fmt.Errorf("candidate %.80q is not of component 1, by UDP, with a priority", text)
	}
	address, err := netip.ParseAddr(f[4])
	if err != nil || address.Zone() != "" || address.IsUnspecified() || address.IsMulticast() || address.Unmap().IsLoopback() && !loopback {
		return "", fmt.Errorf("candidate %.80q has no address that can be tried", text)
	}
	port, err := strconv.ParseUint(f[5], 10, 16)
	if err != nil || port == 0 {
		return "", fmt.Errorf("candidate %.80q has no port", text)
	}
	line := fmt.Sprintf("candidate:%s 1 udp %d %s %d typ %s", foundation, priority, address, port, f[7])
	switch f[7] {
	case "host":
		return line, nil
	case "srflx", "prflx", "relay":
		return line + " raddr 0.0.0.0 rport 0", nil // whose it is besides, nobody needs to know
	}
	return "", fmt.Errorf("candidate %.80q is of an unknown type", text)
}

const foundationChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// seek keeps this side's addresses for Trickle as they are found.
func (a *Audience) seek(v *viewer, pc *webrtc.PeerConnection) {
	v.looking = true
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if c == nil {
			v.looking = false
			return
		}
		v.found = append(v.found, c.ToJSON().Candidate)
	})
}

// soon waits for this side's addresses, but not for long.
func soon(ctx context.Context, complete <-chan struct{}) error {
	late := time.NewTimer(gatherSoon)
	defer late.Stop()
	select {
	case <-complete:
	case <-late.C:
	case <-ctx.Done():
		return fmt.Errorf("gather addresses: %w", ctx.Err())
	}
	return nil
}
