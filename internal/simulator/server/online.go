package server

import "slices"

// Online gives the ids of the users who are logged in over a connection that is
// open now, in ascending order.
func (s *Server) Online() []int64 {
	s.mu.Lock()
	keys := make([]*authKey, 0, len(s.keys))
	for _, k := range s.keys {
		keys = append(keys, k)
	}
	s.mu.Unlock()
	var users []int64
	for _, k := range keys {
		client := k.acting()
		if client == nil || !k.attached() {
			continue
		}
		if user := client.UserID(); user != 0 {
			users = append(users, user)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}
