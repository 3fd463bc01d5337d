package web

import (
	"net/http"
	"time"

	"vestibule/hub/house"
)

func (s *Server) getNotice(w http.ResponseWriter, r *http.Request) {
	if !s.limits.allow(s.now(), noticeRate, "notice", remote(r)) {
		s.writeError(w, r, errOften)
		return
	}
	v, err := s.house.Visit(r.Context(), r.PathValue("delivery"))
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	d := v.Delivery
	s.writeJSON(w, http.StatusOK, Notice{
		Device: d.Device, Card: v.Device.Card, From: d.From, Until: d.Until, Mode: string(d.Mode), Shadow: d.Shadow,
		RetentionHours: int(d.Retention / time.Hour), Watchers: d.Watchers,
		Camera: house.CameraOn(d.ID, v.Presence), Online: v.Presence.Reached(),
	})
}

// getVisit streams how far one visit is, to whoever has its link, and nothing else.
func (s *Server) getVisit(w http.ResponseWriter, r *http.Request) {
	delivery := r.PathValue("delivery")
	if !s.limits.allow(s.now(), noticeRate, "notice", remote(r)) {
		s.writeError(w, r, errOften)
		return
	}
	v, err := s.house.FollowVisit(r.Context(), delivery)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	done, ok := s.streams.take("courier "+delivery, courierStreams)
	if !ok {
		s.writeError(w, r, errOften)
		return
	}
	defer done()
	device := v.Delivery.Device
	follower := s.house.Follow(func(n house.News) bool {
		return n.Device == device && (n.State != nil || n.Online != nil || n.Event != nil && n.Event.Delivery == delivery)
	})
	defer follower.Close()

	// News only say that it is time to look again: what the courier gets is made in one place.
	st, err := openStream(w)
	var last Step
	for first := true; err == nil; first = false {
		if v, err = s.house.FollowVisit(r.Context(), delivery); err != nil {
			return // it is over
		}
		if step := Step(v.Step); first || step != last {
			last = step
			err = st.send("state", step)
		}
		if err == nil && !s.wait(r, st, follower) {
			return
		}
	}
	s.log.Debug("a courier's page stopped listening", "error", err)
}

// wait returns true when there may be something new, false when the stream is over. It
// beats meanwhile, and looks up now and then, as windows end without a word.
func (s *Server) wait(r *http.Request, st *stream, follower *house.Follower) bool {
	tick := time.NewTimer(heartbeat)
	defer tick.Stop()
	select {
	case _, ok := <-follower.C:
		return ok
	case <-tick.C:
		return st.beat() == nil
	case <-r.Context().Done():
		return false
	}
}
