package simulator

import (
	"strings"
	"time"

	"github.com/gotd/td/tg"
)

// DC is the id of the only data center.
const DC = 2

// Country is where this Telegram finds its clients to be: nowhere, as ISO 3166
// leaves ZZ to everybody. Real ones name a country, which tells them apart.
const Country = "ZZ"

// configLife is how long clients may go by a configuration. Our choice.
const configLife = time.Hour

// getConfig tells clients what to know before anything else
// (https://core.telegram.org/api/config). The sizes and periods are plausible
// ones; clients are to read them and not to know them.
func (t *Telegram) getConfig(*Client, *tg.HelpGetConfigRequest) (*tg.Config, error) {
	return &tg.Config{
		Date:    t.now(),
		Expires: t.now() + int(configLife.Seconds()),
		ThisDC:  DC,
		DCOptions: []tg.DCOption{{
			ID: DC, IPAddress: t.host, Port: t.port, Static: true, ThisPortOnly: true,
			Ipv6: strings.Contains(t.host, ":"),
		}},
		RevokePmInbox:           true,
		ChatSizeMax:             200,
		MegagroupSizeMax:        200_000,
		ForwardedCountMax:       100,
		OnlineUpdatePeriodMs:    210_000,
		OfflineBlurTimeoutMs:    5_000,
		OfflineIdleTimeoutMs:    30_000,
		OnlineCloudTimeoutMs:    300_000,
		NotifyCloudDelayMs:      30_000,
		NotifyDefaultDelayMs:    1_500,
		PushChatPeriodMs:        60_000,
		PushChatLimit:           2,
		EditTimeLimit:           172_800,
		RevokeTimeLimit:         1<<31 - 1,
		RevokePmTimeLimit:       1<<31 - 1,
		RatingEDecay:            2_419_200,
		StickersRecentLimit:     200,
		ChannelsReadMediaPeriod: 604_800,
		CallReceiveTimeoutMs:    milliseconds(t.timeouts.Receive),
		CallRingTimeoutMs:       milliseconds(t.timeouts.Ring),
		CallConnectTimeoutMs:    milliseconds(t.timeouts.Connect),
		CallPacketTimeoutMs:     milliseconds(t.timeouts.Packet),
		MeURLPrefix:             "https://t.me/",
		CaptionLengthMax:        1024,
		MessageLengthMax:        maxMessage,
		WebfileDCID:             DC,
	}, nil
}

func milliseconds(d time.Duration) int { return int(d.Milliseconds()) }

// getNearestDC names the only data center.
func (t *Telegram) getNearestDC(*Client, *tg.HelpGetNearestDCRequest) (*tg.NearestDC, error) {
	return &tg.NearestDC{Country: Country, ThisDC: DC, NearestDC: DC}, nil
}

// getAppConfig has nothing to configure (https://core.telegram.org/api/config).
func (t *Telegram) getAppConfig(_ *Client, in *tg.HelpGetAppConfigRequest) (tg.HelpAppConfigClass, error) {
	const hash = 1
	if in.Hash == hash {
		return &tg.HelpAppConfigNotModified{}, nil
	}
	return &tg.HelpAppConfig{Hash: hash, Config: &tg.JSONObject{Value: []tg.JSONObjectValue{}}}, nil
}
