package simulator

// methods is every method that this Telegram knows, and who may call it. Any
// other is refused with METHOD_INVALID. Around them may stand the wrappers of
// wrappers.go.
func methods() map[string]method {
	return map[string]method{
		// auth, account: login.go, password.go, userrequests.go
		"auth.sendCode":               on(anybody, (*Telegram).sendCode),
		"auth.signIn":                 on(anybody, (*Telegram).signIn),
		"auth.checkPassword":          on(anybody, (*Telegram).checkPassword),
		"auth.importBotAuthorization": on(anybody, (*Telegram).importBotAuthorization),
		"auth.logOut":                 on(anybody, (*Telegram).authLogOut),
		"account.getPassword":         on(anybody, (*Telegram).getPassword),
		"account.updateStatus":        on(usersAlone, (*Telegram).updateStatus),

		// help: config.go
		"help.getConfig":    on(anybody, (*Telegram).getConfig),
		"help.getNearestDc": on(anybody, (*Telegram).getNearestDC),
		"help.getAppConfig": on(anybody, (*Telegram).getAppConfig),

		// users: userrequests.go
		"users.getUsers":    on(userOrBot, (*Telegram).getUsers),
		"users.getFullUser": on(userOrBot, (*Telegram).getFullUser),

		// contacts: contacts.go, blocks.go, resolve.go
		"contacts.getContacts":     on(usersAlone, (*Telegram).getContacts),
		"contacts.importContacts":  on(usersAlone, (*Telegram).importContacts),
		"contacts.addContact":      on(usersAlone, (*Telegram).addContact),
		"contacts.deleteContacts":  on(usersAlone, (*Telegram).deleteContacts),
		"contacts.block":           on(usersAlone, (*Telegram).block),
		"contacts.unblock":         on(usersAlone, (*Telegram).unblock),
		"contacts.getBlocked":      on(usersAlone, (*Telegram).getBlocked),
		"contacts.resolvePhone":    on(usersAlone, (*Telegram).resolvePhone),
		"contacts.resolveUsername": on(userOrBot, (*Telegram).resolveUsername),

		// messages, updates: messagerequests.go, dh.go, updates.go
		"messages.sendMessage":  on(userOrBot, (*Telegram).sendMessage),
		"messages.getHistory":   on(usersAlone, (*Telegram).getHistory),
		"messages.getDialogs":   on(usersAlone, (*Telegram).getDialogs),
		"messages.getDhConfig":  on(usersAlone, (*Telegram).getDHConfig),
		"updates.getState":      on(userOrBot, (*Telegram).getState),
		"updates.getDifference": on(userOrBot, (*Telegram).getDifference),

		// phone: callrequests.go, callextras.go
		"phone.requestCall":       on(usersAlone, (*Telegram).requestCall),
		"phone.receivedCall":      on(usersAlone, (*Telegram).receivedCall),
		"phone.acceptCall":        on(usersAlone, (*Telegram).acceptCall),
		"phone.confirmCall":       on(usersAlone, (*Telegram).confirmCall),
		"phone.discardCall":       on(usersAlone, (*Telegram).discardCall),
		"phone.sendSignalingData": on(usersAlone, (*Telegram).sendSignalingData),
		"phone.getCallConfig":     on(usersAlone, (*Telegram).getCallConfig),
		"phone.setCallRating":     on(usersAlone, (*Telegram).setCallRating),
		"phone.saveCallDebug":     on(usersAlone, (*Telegram).saveCallDebug),
	}
}
