#include "lang/mail/default_texts.h"

namespace dray::mail {

// The texts differ in their words only. The style works with a screen of 390 pixels and with any window, in light and
// dark; programs that drop it show the same text unadorned. Nothing is loaded from anywhere.
const std::string_view kSharedLinkDe = R"txt(subject: ${emailSubject}

<!DOCTYPE html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Für Sie wurden Assets freigegeben</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; padding: 16px; background: #f3f3f3; color: #1f1f1f; font: 16px/1.5 sans-serif; }
.card { max-width: 552px; margin: 0 auto; padding: 24px; border-radius: 8px; background: #ffffff; }
h1 { margin: 0 0 16px; font-size: 22px; line-height: 1.3; }
p { margin: 0 0 16px; overflow-wrap: anywhere; }
.message { padding-left: 12px; border-left: 3px solid #b1b1b1; }
.message:empty { display: none; }
.open { display: inline-block; padding: 12px 20px; border-radius: 6px; background: #0d66d0; color: #ffffff;
  font-weight: bold; text-decoration: none; }
.note { margin: 0; color: #5c5c5c; font-size: 14px; }
@media (prefers-color-scheme: dark) {
  body { background: #1a1a1a; color: #ebebeb; }
  .card { background: #2a2a2a; }
  .message { border-color: #6e6e6e; }
  .note { color: #b8b8b8; }
}
</style>
</head>
<body>
<div class="card">
<h1>Für Sie wurden Assets freigegeben</h1>
<p>Von: ${emailInitiator}</p>
<p class="message">${emailMessage}</p>
<p><a class="open" href="${pagePath}">Assets öffnen</a></p>
<p>Der Link gilt bis: ${linkExpiry}</p>
<p class="note">Diese Nachricht wurde automatisch versandt.
Wenn Sie den Absender nicht kennen, öffnen Sie den Link bitte nicht.</p>
</div>
</body>
</html>
)txt";

const std::string_view kSharedLinkEn = R"txt(subject: ${emailSubject}

<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Assets were shared with you</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; padding: 16px; background: #f3f3f3; color: #1f1f1f; font: 16px/1.5 sans-serif; }
.card { max-width: 552px; margin: 0 auto; padding: 24px; border-radius: 8px; background: #ffffff; }
h1 { margin: 0 0 16px; font-size: 22px; line-height: 1.3; }
p { margin: 0 0 16px; overflow-wrap: anywhere; }
.message { padding-left: 12px; border-left: 3px solid #b1b1b1; }
.message:empty { display: none; }
.open { display: inline-block; padding: 12px 20px; border-radius: 6px; background: #0d66d0; color: #ffffff;
  font-weight: bold; text-decoration: none; }
.note { margin: 0; color: #5c5c5c; font-size: 14px; }
@media (prefers-color-scheme: dark) {
  body { background: #1a1a1a; color: #ebebeb; }
  .card { background: #2a2a2a; }
  .message { border-color: #6e6e6e; }
  .note { color: #b8b8b8; }
}
</style>
</head>
<body>
<div class="card">
<h1>Assets were shared with you</h1>
<p>From: ${emailInitiator}</p>
<p class="message">${emailMessage}</p>
<p><a class="open" href="${pagePath}">Open the assets</a></p>
<p>The link works until: ${linkExpiry}</p>
<p class="note">This message was sent automatically.
If you do not know the sender, please do not open the link.</p>
</div>
</body>
</html>
)txt";

const std::string_view kSharedLinkFr = R"txt(subject: ${emailSubject}

<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Des ressources ont été partagées avec vous</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; padding: 16px; background: #f3f3f3; color: #1f1f1f; font: 16px/1.5 sans-serif; }
.card { max-width: 552px; margin: 0 auto; padding: 24px; border-radius: 8px; background: #ffffff; }
h1 { margin: 0 0 16px; font-size: 22px; line-height: 1.3; }
p { margin: 0 0 16px; overflow-wrap: anywhere; }
.message { padding-left: 12px; border-left: 3px solid #b1b1b1; }
.message:empty { display: none; }
.open { display: inline-block; padding: 12px 20px; border-radius: 6px; background: #0d66d0; color: #ffffff;
  font-weight: bold; text-decoration: none; }
.note { margin: 0; color: #5c5c5c; font-size: 14px; }
@media (prefers-color-scheme: dark) {
  body { background: #1a1a1a; color: #ebebeb; }
  .card { background: #2a2a2a; }
  .message { border-color: #6e6e6e; }
  .note { color: #b8b8b8; }
}
</style>
</head>
<body>
<div class="card">
<h1>Des ressources ont été partagées avec vous</h1>
<p>De : ${emailInitiator}</p>
<p class="message">${emailMessage}</p>
<p><a class="open" href="${pagePath}">Ouvrir les ressources</a></p>
<p>Le lien est valable jusqu’au : ${linkExpiry}</p>
<p class="note">Ce message a été envoyé automatiquement.
Si vous ne connaissez pas l’expéditeur, n’ouvrez pas le lien.</p>
</div>
</body>
</html>
)txt";

}  // namespace dray::mail
