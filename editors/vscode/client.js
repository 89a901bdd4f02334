// The extension: it starts `hrnnc lsp` and hands the editor's questions to it. What it answers is hrnnc's.
'use strict';

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

// start begins a conversation with the command of the settings, or says how to get it.
async function start() {
  const command = vscode.workspace.getConfiguration('hrnnc').get('path') || 'hrnnc';
  client = new LanguageClient('hrnnc', 'hrnnc', { command, args: ['lsp'] }, {
    documentSelector: [{ language: 'hrn' }],
    // Weights that a training has written: the server measures the models anew.
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher('**/*.{safetensors,npz,pth}') },
  });
  try {
    await client.start();
  } catch (err) {
    client = undefined;
    const settings = 'Open the settings';
    const picked = await vscode.window.showErrorMessage(
      `${command} lsp does not start: ${err.message || err}. Install hrnnc, or say where it is.`, settings);
    if (picked === settings) vscode.commands.executeCommand('workbench.action.openSettings', 'hrnnc.path');
  }
}

async function stop() {
  const was = client;
  client = undefined;
  if (was) await was.stop();
}

async function activate(context) {
  const restart = async () => { await stop(); await start(); };
  context.subscriptions.push(
    vscode.commands.registerCommand('hrnnc.restart', restart),
    vscode.workspace.onDidChangeConfiguration((e) => { if (e.affectsConfiguration('hrnnc.path')) restart(); }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
