package server

import (
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

const (
	// gotd's schema of MTProto lacks these.
	// https://core.telegram.org/mtproto/service_messages#destroying-an-authorization-key
	destroyAuthKeyTypeID   = 0xd1435160
	destroyAuthKeyOkTypeID = 0xf660e1d4

	// maxFutureSalts bounds what get_future_salts may ask for
	// (https://core.telegram.org/mtproto/service_messages#request-for-several-future-salts).
	maxFutureSalts = 64

	// What msgs_state_info says of a message.
	stateForgotten = 1
	stateMissing   = 2
	stateTooHigh   = 3
	stateReceived  = 4
	stateRunning   = 32
	stateAnswered  = 64
)

// service handles a message about messages, keys and sessions.
// https://core.telegram.org/mtproto/service_messages
type service func(c *conn, s *session, m incoming) error

// services are the messages that are not requests of the API, by constructor.
var services = map[uint32]service{
	mt.PingRequestTypeID:                ping,
	mt.PingDelayDisconnectRequestTypeID: pingDelayDisconnect,
	mt.MsgsAckTypeID:                    msgsAck,
	mt.MsgsStateReqTypeID:               msgsStateReq,
	mt.MsgResendReqTypeID:               msgResendReq,
	mt.GetFutureSaltsRequestTypeID:      getFutureSalts,
	mt.RPCDropAnswerRequestTypeID:       rpcDropAnswer,
	mt.DestroySessionRequestTypeID:      destroySession,
	destroyAuthKeyTypeID:                destroyAuthKey,

	// Only for HTTP, and what a client tells without a wish.
	mt.HTTPWaitRequestTypeID: ignore,
	mt.MsgsStateInfoTypeID:   ignore,
	mt.MsgsAllInfoTypeID:     ignore,
}

func ignore(*conn, *session, incoming) error { return nil }

func decode(m incoming, into bin.Decoder) error {
	return into.Decode(&bin.Buffer{Buf: m.body})
}

func ping(_ *conn, s *session, m incoming) error {
	var req mt.PingRequest
	if err := decode(m, &req); err != nil {
		return err
	}
	s.send(reply, encode(&mt.Pong{MsgID: m.id, PingID: req.PingID}))
	return nil
}

func pingDelayDisconnect(c *conn, s *session, m incoming) error {
	var req mt.PingDelayDisconnectRequest
	if err := decode(m, &req); err != nil {
		return err
	}
	s.send(reply, encode(&mt.Pong{MsgID: m.id, PingID: req.PingID}))
	c.endAfter(min(time.Duration(req.DisconnectDelay)*time.Second, maxDelay))
	return nil
}

func msgsAck(_ *conn, s *session, m incoming) error {
	var ack mt.MsgsAck
	if err := decode(m, &ack); err != nil {
		return err
	}
	s.confirmed(ack.MsgIDs)
	return nil
}

func msgsStateReq(_ *conn, s *session, m incoming) error {
	var req mt.MsgsStateReq
	if err := decode(m, &req); err != nil {
		return err
	}
	s.send(reply, encode(&mt.MsgsStateInfo{ReqMsgID: m.id, Info: s.states(req.MsgIDs)}))
	return nil
}

// states tells what is known of the client's messages, one byte for each.
func (s *session) states(ids []int64) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := make([]byte, len(ids))
	for i, id := range ids {
		info[i] = s.window.state(id)
	}
	return info
}

// msgResendReq sends answers again. What is not known any more is told with its
// state, as the documentation asks.
func msgResendReq(_ *conn, s *session, m incoming) error {
	var req mt.MsgResendReq
	if err := decode(m, &req); err != nil {
		return err
	}
	info := make([]byte, len(req.MsgIDs))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil
	}
	for i, id := range req.MsgIDs {
		info[i] = stateForgotten
		if again := s.kept.find(id); again != nil {
			info[i] = stateReceived
			s.put(again)
		}
	}
	s.put(s.stamp(reply, encode(&mt.MsgsStateInfo{ReqMsgID: m.id, Info: info})))
	return nil
}

func getFutureSalts(_ *conn, s *session, m incoming) error {
	var req mt.GetFutureSaltsRequest
	if err := decode(m, &req); err != nil {
		return err
	}
	now, salts := s.key.futureSalts(max(1, min(req.Num, maxFutureSalts)))
	s.send(reply, encode(&mt.FutureSalts{ReqMsgID: m.id, Now: int(now.Unix()), Salts: salts}))
	return nil
}

// rpcDropAnswer gives up the answer of a request. One that runs is not stopped;
// as documented, what stands for its answer is sent twice: for the request and
// for the wish to drop it.
//
// https://core.telegram.org/mtproto/service_messages#cancellation-of-an-rpc-query
func rpcDropAnswer(_ *conn, s *session, m incoming) error {
	var req mt.RPCDropAnswerRequest
	if err := decode(m, &req); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil
	}
	dropped := encode(&mt.RPCAnswerUnknown{})
	if known, ok := s.window.find(req.ReqMsgID); ok && known.request != nil {
		switch r := known.request; {
		case !r.answered && !r.dropped:
			r.dropped = true
			dropped = encode(&mt.RPCAnswerDroppedRunning{})
			s.put(s.stamp(answer, encode(&proto.Result{RequestMessageID: r.id, Result: dropped})))
		case r.answer != nil && r.answer.body != nil:
			dropped = encode(&mt.RPCAnswerDropped{MsgID: r.answer.id, SeqNo: int(r.answer.seq), Bytes: len(r.answer.body)})
			s.kept.confirmed([]int64{r.answer.id})
		}
	}
	s.put(s.stamp(answer, encode(&proto.Result{RequestMessageID: m.id, Result: dropped})))
	return nil
}

func destroySession(_ *conn, s *session, m incoming) error {
	var req mt.DestroySessionRequest
	if err := decode(m, &req); err != nil {
		return err
	}
	// A session cannot destroy itself.
	if req.SessionID != s.id && s.key.destroy(req.SessionID) {
		s.send(reply, encode(&mt.DestroySessionOk{SessionID: req.SessionID}))
	} else {
		s.send(reply, encode(&mt.DestroySessionNone{SessionID: req.SessionID}))
	}
	return nil
}

// destroyAuthKey forgets the key, and who was logged in with it. The client's
// next message gets error -404.
func destroyAuthKey(c *conn, s *session, m incoming) error {
	var b bin.Buffer
	b.PutID(destroyAuthKeyOkTypeID)
	s.send(reply, b.Buf)
	c.server.dropKey(s.key)
	return nil
}
