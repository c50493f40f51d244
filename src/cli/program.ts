/** The command line as a function: one file a command, loaded when it is called. The exit code says what came of it. */
import { Command, CommanderError } from 'commander';
import { visible } from './visible.ts';

type AddCommand = (program: Command) => void;

const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  start: async () => (await import('./start.ts')).addStartCommand,
  worker: async () => (await import('./worker.ts')).addWorkerCommand,
  migrate: async () => (await import('./migrate.ts')).addMigrateCommand,
  bootstrap: async () => (await import('./bootstrap.ts')).addBootstrapCommand,
  group: async () => (await import('./group.ts')).addGroupCommand,
  right: async () => (await import('./right.ts')).addRightCommand,
  client: async () => (await import('./client.ts')).addClientCommand,
  key: async () => (await import('./key.ts')).addKeyCommand,
  template: async () => (await import('./template.ts')).addTemplateCommand,
  invite: async () => (await import('./invite.ts')).addInviteCommand,
  invitation: async () => (await import('./invitation.ts')).addInvitationCommand,
  campaign: async () => (await import('./campaign.ts')).addCampaignCommand,
  request: async () => (await import('./request.ts')).addRequestCommand,
  grant: async () => (await import('./grant.ts')).addGrantCommand,
  withdraw: async () => (await import('./grant.ts')).addWithdrawCommand,
  account: async () => (await import('./account.ts')).addAccountCommand,
  setting: async () => (await import('./setting.ts')).addSettingCommand,
  mail: async () => (await import('./mail.ts')).addMailCommand,
  audit: async () => (await import('./audit.ts')).addAuditCommand,
  doctor: async () => (await import('./doctor.ts')).addDoctorCommand,
  uninstall: async () => (await import('./uninstall.ts')).addUninstallCommand,
  api: async () => (await import('./api.ts')).addApiCommand,
  completion: async () => (await import('./completion.ts')).addCompletionCommand,
};

export async function runProgram(args: readonly string[]): Promise<void> {
  const program = createProgram();
  // Which completes all of the others.
  const called = args[0] === 'completion' ? undefined : commands[args[0] ?? ''];
  for (const load of called ? [called] : Object.values(commands)) {
    const add = await load();
    add(program);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander ends with 1 for a mistake in the call, which is our code for a refusal.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

function createProgram(): Command {
  return (
    new Command('guestlist')
      .description('An OpenID Connect provider whose speciality is invitations')
      .showHelpAfterError(false)
      // What was typed is told back.
      .configureOutput({ outputError: (text, write) => write(`${visible(text.trimEnd())}\n`) })
      .exitOverride()
  );
}
