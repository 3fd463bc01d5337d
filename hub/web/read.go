package web

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

// maxBody bounds a request in bytes: a letter of wire.MaxLetter, quoted once more.
const maxBody = 2*wire.MaxLetter + 4<<10

// read takes a request's JSON into v. Fields that v does not have are refused.
func read(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return house.ErrTooLarge.With(err)
	}
	if err != nil {
		return house.ErrUnreadable.With(err)
	}
	if err := wire.Decode(b, v); err != nil {
		return house.ErrUnreadable.With(err)
	}
	return nil
}

// asked is who asks, logged in, with the request's body read into body. When nobody is, or the body cannot be read, it
// answers so by itself, and ok is false.
func (s *Server) asked(w http.ResponseWriter, r *http.Request, body any) (person string, ok bool) {
	person, err := s.person(r)
	if err == nil {
		err = read(w, r, body)
	}
	if err != nil {
		s.writeError(w, r, err)
	}
	return person, err == nil
}

// remote names whom a request comes from, for limits: its address without the port. Of an IPv6 address
// that is the first 64 bits: whoever has one address has all that begin so, and would be as many people.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if addr = addr.Unmap(); addr.Is4() {
		return addr.String()
	}
	return netip.PrefixFrom(addr.WithZone(""), 64).Masked().String()
}
