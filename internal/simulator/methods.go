package simulator

// methods is every method that this Telegram knows, and who may call it. Any
// other is refused with METHOD_INVALID. Around them may stand the wrappers of
// wrappers.go.
func methods() []method {
	return []method{
		// auth, account: login.go, password.go, userrequests.go
		on(anybody, (*Telegram).sendCode),               // auth.sendCode
		on(anybody, (*Telegram).signIn),                 // auth.signIn
		on(anybody, (*Telegram).checkPassword),          // auth.checkPassword
		on(anybody, (*Telegram).importBotAuthorization), // auth.importBotAuthorization
		on(userOrBot, (*Telegram).authLogOut),           // auth.logOut
		on(anybody, (*Telegram).getPassword),            // account.getPassword
		on(usersAlone, (*Telegram).updateStatus),        // account.updateStatus

		// help: config.go
		on(anybody, (*Telegram).getConfig),    // help.getConfig
		on(anybody, (*Telegram).getNearestDC), // help.getNearestDc
		on(anybody, (*Telegram).getAppConfig), // help.getAppConfig

		// users: userrequests.go
		on(userOrBot, (*Telegram).getUsers),    // users.getUsers
		on(userOrBot, (*Telegram).getFullUser), // users.getFullUser

		// contacts: contacts.go, blocks.go, resolve.go
		on(usersAlone, (*Telegram).getContacts),    // contacts.getContacts
		on(usersAlone, (*Telegram).importContacts), // contacts.importContacts
		on(usersAlone, (*Telegram).addContact),     // contacts.addContact
		on(usersAlone, (*Telegram).deleteContacts), // contacts.deleteContacts
		on(usersAlone, (*Telegram).block),          // contacts.block
		on(usersAlone, (*Telegram).unblock),        // contacts.unblock
		on(usersAlone, (*Telegram).getBlocked),     // contacts.getBlocked
		on(usersAlone, (*Telegram).resolvePhone),   // contacts.resolvePhone
		on(userOrBot, (*Telegram).resolveUsername), // contacts.resolveUsername

		// messages, updates: messagerequests.go, dh.go, updates.go
		on(userOrBot, (*Telegram).sendMessage),   // messages.sendMessage
		on(usersAlone, (*Telegram).getHistory),   // messages.getHistory
		on(usersAlone, (*Telegram).getDialogs),   // messages.getDialogs
		on(usersAlone, (*Telegram).getDHConfig),  // messages.getDhConfig
		on(userOrBot, (*Telegram).getState),      // updates.getState
		on(userOrBot, (*Telegram).getDifference), // updates.getDifference

		// phone: callrequests.go, callextras.go
		on(usersAlone, (*Telegram).requestCall),       // phone.requestCall
		on(usersAlone, (*Telegram).receivedCall),      // phone.receivedCall
		on(usersAlone, (*Telegram).acceptCall),        // phone.acceptCall
		on(usersAlone, (*Telegram).confirmCall),       // phone.confirmCall
		on(usersAlone, (*Telegram).discardCall),       // phone.discardCall
		on(usersAlone, (*Telegram).sendSignalingData), // phone.sendSignalingData
		on(usersAlone, (*Telegram).getCallConfig),     // phone.getCallConfig
		on(usersAlone, (*Telegram).setCallRating),     // phone.setCallRating
		on(usersAlone, (*Telegram).saveCallDebug),     // phone.saveCallDebug
	}
}
