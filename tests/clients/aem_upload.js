// Uploads a folder with @adobe/aem-upload and gets every file back with @adobe/httptransfer.
// Usage: node aem_upload.js ADDRESS USER:PASSWORD FOLDER FILES-OF-FOLDER(JSON) OUTPUT
'use strict';

const fs = require('fs');
const path = require('path');
const { FileSystemUpload, FileSystemUploadOptions } = require('@adobe/aem-upload');
const { downloadFileConcurrently } = require('@adobe/httptransfer');

const [address, credentials, folder, output] = process.argv.slice(2);
const headers = { Authorization: 'Basic ' + Buffer.from(credentials).toString('base64') };

async function upload() {
  const options = new FileSystemUploadOptions()
    .withUrl(address + '/content/dam/up')
    .withHttpOptions({ headers })
    .withDeepUpload(true)
    .withMaxUploadFiles(100)
    .withConcurrent(true);
  const result = await new FileSystemUpload().upload(options, [folder]);
  const failed = result.getFileUploadResults ? result.getFileUploadResults().filter((file) => !file.isSuccessful()) : [];
  if (failed.length) throw new Error('failed: ' + JSON.stringify(failed));
}

async function download(names) {
  for (const name of names) {
    const url = address + '/content/dam/up/' + name.split('/').map(encodeURIComponent).join('/');
    const file = path.join(output, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    await downloadFileConcurrently(url, file, { headers });
  }
}

upload()
  .then(() => download(JSON.parse(fs.readFileSync(0, 'utf8'))))
  .catch((failure) => {
    console.error(failure);
    process.exitCode = 1;
  });
