#!/usr/bin/env node
/** The command line: one file a command. `npm run guestlist -- --help` tells what there is. */
import { Command } from 'commander';
import { addAccountCommand } from './account.ts';
import { addBootstrapCommand } from './bootstrap.ts';
import { addClientCommand } from './client.ts';
import { addGroupCommand } from './group.ts';
import { addInvitationCommand } from './invitation.ts';
import { addInviteCommand } from './invite.ts';
import { addMigrateCommand } from './migrate.ts';
import { addRightCommand } from './right.ts';
import { addStartCommand } from './start.ts';
import { addUninstallCommand } from './uninstall.ts';

const program = new Command('guestlist')
  .description('An OpenID Connect provider whose speciality is invitations')
  .showHelpAfterError(false);

program.exitOverride((end) => {
  // commander ends with 1 for a mistake in the call, which is our code for a refusal.
  process.exit(end.exitCode === 0 ? 0 : 2);
});

for (const add of [
  addStartCommand,
  addMigrateCommand,
  addBootstrapCommand,
  addGroupCommand,
  addRightCommand,
  addClientCommand,
  addInviteCommand,
  addInvitationCommand,
  addAccountCommand,
  addUninstallCommand,
]) {
  add(program);
}

await program.parseAsync();
