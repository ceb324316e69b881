/** English texts of problems in a gateway's status: rules, clocks, files, certificates, the outbox. A group of the part `gateway`. */
export const gatewayProblemsEn = {
  // words of another program, as they are
  quotation: '{text}',
  // rules and times
  'problem.action-failing': 'the action {name} does not work: {reason}',
  'problem.rule-failed':
    '{count, plural, one {rule {rule} failed once: {reason}} other {rule {rule} failed # times: {reason}}}',
  'problem.condition-steps':
    'this condition takes more than {steps, number} steps for one value: nest fewer all(), exists() and map(), or search in shorter lists and texts',
  'problem.condition-share':
    '{device} sends more than this condition may evaluate: the share of one device is {steps, number} steps a second',
  'problem.condition-items': 'this condition makes a text or list of more than {count, number} items',
  'problem.duration-long': 'a duration has at most {count, number} letters',
  'problem.json-deep': 'JSON has at most {count, number} levels here',
  'problem.join-long': 'join() makes a text of more than {count, number} letters',
  'problem.pattern-long': 'a pattern has at most {count, number} letters',
  'problem.pattern-wrong': 'the pattern {pattern} is wrong: {error} (RE2: no look-around, no back-references)',
  'problem.pattern-large': 'the pattern {pattern} compiles to more than {count, number} instructions: repeat less',
  'problem.pattern-reading': 'a pattern from a reading has at most {count, number} letters',
  'problem.rule-alarms': 'more than {count, number} alarms at once',
  'problem.rule-channels': '{device} has more than {count, number} channels beyond their limit at once',
  'problem.times-late':
    '{name}: {count, plural, one {1 reading} other {# readings}} came more than {limit} late and raised no alarm (the newest {off} behind): check the device’s clock',
  'problem.times-early':
    '{name}: {count, plural, one {1 reading} other {# readings}} had a time more than {limit} in the future (the newest {off} ahead): check the device’s clock',
  'problem.clock-unknown':
    'this gateway’s clock is not in sync, and the true time is unknown: {what}. Give the gateway a time service, or declare its own clock right (gateway.yaml: clock: trusted: true)',
  'problem.clock-hours': 'rules with hours hold at every hour ({rules})',
  'problem.clock-differs': 'the clock differs from the times of {devices}, whose readings raise alarms all the same',
  'clock.both': '{hours}; {differs}',
  'clock.and-more': '{names} and {count, number} more',
  'problem.reused-ids':
    '{name} reuses ids: {count, plural, one {1 reading} other {# readings}} had the "id" of an earlier reading and other content, the last at {time}. All are stored, but a reading that equals an earlier one with its id is dropped as a resend: set the device to ids that never repeat, such as its count of boots with a number, or a UUID',
  // the outbox, pictures, the page
  'problem.outbox-not-opened': 'cannot open {file}: {error}; the folder must exist and be writable',
  'problem.outbox-not-now': '{file} cannot be opened at present',
  'problem.outbox-newer':
    '{file} was written by a newer Forpost (version {schema, number} of its tables, this one knows {known, number}): install that one, or move the file away to begin anew',
  'problem.outbox-no-file': '{path} is not a file',
  'problem.outbox-link': '{path} is a link to itself',
  'problem.outbox-thread': 'the thread of the outbox ended: {error}',
  'problem.outbox-commit': 'a commit of the outbox failed: {error}',
  'problem.without-words': 'without a word',
  'problem.pictures-no-room': 'pictures of alarms are not kept: the disk is full',
  'problem.pictures-too-large': 'pictures of alarms are not kept: they are too large',
  'problem.pictures-not-kept': 'pictures of alarms cannot be kept in {folder}: {error}',
  'problem.no-page': 'there is no page: {reason}',
  'problem.port-taken': '{where} is taken by another process: stop it, or set another one as {setting}',
  'problem.reload-one': 'the reload found mistakes, and the configuration from before stays in use: {reason}',
  'problem.reload-more':
    'the reload found mistakes, and the configuration from before stays in use: {reason} (and {count, number} more)',
  // gateway.yaml and its files
  'problem.key-no-key': '{setting}: "{text}" is no key: use the line that "forpost cloud key" prints',
  'problem.keys-not-there': '{setting}: {file} is not there: no command by its keys is taken',
  'problem.keys-unreadable': '{setting}: {file} cannot be read ({error}): no command by its keys is taken',
  'problem.password-weak':
    '{setting} {reason}: anybody who reads this file can guess the password; make a new one with "{command}"',
  'problem.hash-cheap': 'is an argon2id hash that costs too little (m={memory}, t={passes})',
  'problem.hash-salt': 'has too short a salt',
  'problem.hash-short': 'is too short a hash',
  'problem.secrets-readable':
    '{path} holds secrets and everybody on this machine may read it (mode {mode}): chmod o= {path}',
  'problem.data-readable': 'everybody on this machine may read the data folder {path} (mode {mode}): chmod o= {path}',
  'problem.file-writable': 'everybody on this machine may change {path} (mode {mode}): chmod o-w {path}',
  'problem.not-written': '{file} cannot be written: {reason}',
  'problem.link-not-written': '{link}, a link to {file}, cannot be written: {reason}',
  'reason.file-closed':
    'the user {user} may not write {folder} or {file}; a file is replaced by one beside it, so give that user the folder (chown) or run this as its owner',
  'reason.read-only':
    '{folder} is mounted read-only: mount it for writing, name another place, or change the file where it is made',
  'reason.full-as-was': 'the disk is full; the file is as it was',
  'reason.folder-gone': 'the folder {folder} is not there',
  'reason.no-folder': '{folder} is not a folder',
  // certificates
  'reason.of': '{name}: {reason}',
  'problem.port-waits':
    '{setting}: {reason}: this port refuses connections until the file can be read; no restart is needed',
  'problem.certificate-before': 'the new certificate is not served, the one before it still is: {reason}',
  'problem.certificate-own': 'the certificate {reason}',
  'problem.certificate-beneath': 'the certificate of {name} beneath it {reason}',
  'problem.certificate-ended': 'has ended on {day}: put a renewed one in its place, no restart is needed',
  'problem.certificate-early': 'is not valid before {day} by this machine’s clock: set the clock right, or wait',
  'problem.certificate-ends-today':
    'ends on {day} (within a day): put a renewed one in its place, no restart is needed',
  'problem.certificate-ends':
    'ends on {day} ({count, plural, one {in # day} other {in # days}}): put a renewed one in its place, no restart is needed',
  'problem.certificate-names':
    'the certificate is not for {names} but for {covers}: clients that come by that name refuse it',
  'problem.file-not-there': '{file} is not there',
  'problem.file-unreadable': '{file} cannot be read',
  'problem.file-unreadable-because': '{file} cannot be read ({error})',
  'problem.no-key-in': '{file} holds no key in PEM',
  'problem.key-locked': '{file} is locked with a passphrase: use a key without one',
  'problem.key-of-other': '{key} is the key of another certificate than {certificate}',
  'problem.certificate-first': 'the server’s own certificate must stand first in {file}',
  'problem.files-unusable': '{certificate} and {key} cannot be used: {error}',
  'problem.needs-key': '{file} needs its key: add tls.key',
  'problem.needs-certificate': '{file} needs its certificate: add tls.certificate',
  'problem.file-expired': '{file} has expired ({day}): put a new one there',
  'problem.certificate-not-made': 'the gateway’s own certificate was not made anew, and stays as it is: {reason}',
  'problem.ca-unusable':
    'the CA of this site cannot be used: {reason}. Put {file} back from a backup, or make a new CA with "{command}"',
  'problem.ca-ends':
    'the CA of this site ends on {day}: make a new one before with "{command}", and give its certificate to all clients',
  'problem.ca-ended':
    'the CA of this site has ended on {day} and signs nothing: make a new one with "{command}", and give its certificate to all clients',
  'problem.ca-early':
    'the CA of this site is not valid before {day} by this machine’s clock: set the clock right; where the clock was wrong when the CA was made, make a new one with "{command}"',
  'problem.register-unreadable':
    'the list of issued certificates {file} cannot be used ({error}): until it is put back from a backup or removed, no certificate is issued',
  'problem.clients-end':
    '{count, plural, one {the client certificate of {names} ends} other {the client certificates of {count, number} devices end ({names})}}, the first on {day}: make new ones with "{command}"',
  'problem.clients-ended':
    '{count, plural, one {the client certificate of {names} has ended and lets it in no longer} other {the client certificates of {count, number} devices have ended and let them in no longer ({names})}}, the first on {day}: make new ones with "{command}"',
} as const;
