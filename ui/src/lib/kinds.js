// Groups of event kinds for the filter chips, and the stage that an event shows (as EventKind::stage in otori-event).

export const GROUPS = {
  connection: ['session_opened', 'session_closed', 'recorded'],
  login: ['login_attempt'],
  request: ['http_request', 'anomaly'],
  command: ['command', 'executed', 'exploit', 'unsupported'],
  file: ['file_captured', 'download_requested', 'outbound'],
  lab: ['classified', 'detonated'],
  block: ['indicator_changed', 'rule_changed', 'rule_enforced', 'verdict_given', 'action_changed'],
  system: ['system_started'],
};

const STAGE_OF = {
  session_opened: 'probe',
  http_request: 'probe',
  anomaly: 'probe',
  login_attempt: 'login',
  command: 'exploit',
  executed: 'exploit',
  exploit: 'exploit',
  file_captured: 'infection',
  download_requested: 'infection',
};
/** The stage, or null for what is not an attacker's deed. */
export const stageOf = (event) => STAGE_OF[event.kind] ?? null;
