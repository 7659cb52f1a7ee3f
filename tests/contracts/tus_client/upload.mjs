// Uploads a file with the real tus client and says in JSON how it went.
//
//   node upload.mjs '{"endpoint": …, "file": …, "sha256": …, "how": …, "owner": …}'
//
// how: "plain"; "with-creation"; "parts"; "post" (PATCH by POST); "abort" (terminated half way);
//      "announced": the app announces the content itself and leaves only the sending to the client,
//      as the phone does, so that content known already costs that one request.

import { readFile } from 'node:fs/promises'
import * as tus from 'tus-js-client'

const task = JSON.parse(process.argv[2])
const data = await readFile(task.file)
const owner = { 'X-Owner': task.owner }
const said = { requests: [] }

const options = {
  headers: owner,
  metadata: { sha256: task.sha256 },
  retryDelays: Array(200).fill(50),
  onAfterResponse: (request, response) => {
    said.requests.push(`${request.getMethod()} ${response.getStatus()}`)
  },
}
if (task.how !== 'announced') options.endpoint = task.endpoint
if (task.how === 'with-creation') options.uploadDataDuringCreation = true
if (task.how === 'parts' || task.how === 'abort') options.chunkSize = 100_000
if (task.how === 'post') options.overridePatchMethod = true

async function announced() {
  for (;;) {
    try {
      const response = await fetch(task.endpoint, {
        method: 'POST',
        headers: {
          ...owner,
          'Tus-Resumable': '1.0.0',
          'Upload-Length': String(data.length),
          'Upload-Metadata': `sha256 ${btoa(task.sha256)}`,
        },
      })
      said.requests.push(`POST ${response.status}`)
      const done = Number(response.headers.get('Upload-Offset')) === data.length
      return { url: new URL(response.headers.get('Location'), task.endpoint).href, done }
    } catch {
      await new Promise((resume) => setTimeout(resume, 50))
    }
  }
}

function sent() {
  return new Promise((resolve) => {
    options.onSuccess = () => resolve('done')
    options.onError = (error) => resolve(`failed: ${error.message}`)
    const upload = new tus.Upload(data, options)
    if (task.how === 'abort') {
      upload.options.onChunkComplete = () => upload.abort(true).then(() => resolve(upload.url))
    }
    upload.start()
  })
}

if (task.how === 'announced') {
  const { url, done } = await announced()
  options.uploadUrl = url
  said.end = done ? 'done' : await sent()
} else {
  said.end = await sent()
}
console.log(JSON.stringify(said))
