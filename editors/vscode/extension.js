// SPDX-License-Identifier: MIT
// Starts `hebb lsp` for hebb files, and runs models in a terminal.
'use strict';
const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

const command = () => vscode.workspace.getConfiguration('hebb').get('path') || 'hebb';

async function start() {
  const run = { command: command(), args: ['lsp'] };
  client = new LanguageClient('hebb', 'hebb', { run, debug: run }, { documentSelector: [{ language: 'hebb' }] });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showWarningMessage(
      `The language server did not start: ${error.message}. Install hebb, or set hebb.path to where it is; colours and snippets work without it.`
    );
  }
}

async function stop() {
  const old = client;
  client = undefined;
  if (old) await old.stop();
}

async function runModel() {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.document.languageId !== 'hebb') return;
  await editor.document.save();
  const task = new vscode.Task({ type: 'process' }, vscode.TaskScope.Workspace, 'run', 'hebb', new vscode.ProcessExecution(command(), ['run', editor.document.fileName]));
  await vscode.tasks.executeTask(task);
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand('hebb.run', runModel),
    vscode.commands.registerCommand('hebb.restart', async () => {
      await stop();
      await start();
    }),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (!change.affectsConfiguration('hebb.path')) return;
      await stop();
      await start();
    })
  );
  await start();
};

exports.deactivate = stop;
