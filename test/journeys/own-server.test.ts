import { describe } from 'vitest';
import { startTestServer } from '../support/server.ts';
import { existingAccountJourneys } from './existing-account.ts';
import { frontDoorJourneys } from './front-door.ts';
import { newcomerJourneys } from './newcomer.ts';
import { relyingAppJourneys } from './relying-app.ts';

const start = () => startTestServer();

describe('a newcomer', () => newcomerJourneys(start));
describe('an existing account', () => existingAccountJourneys(start));
describe('the front door', () => frontDoorJourneys(start));
describe('a relying app', () => relyingAppJourneys(start));
