#include "lang/mail/default_texts.h"

namespace dray::mail {

const std::string_view kDownloadAssetEn = R"txt(# To the people for whom somebody ordered a download.
subject=A download for you: ${download.name}

header=Hello ${participant.name}\n\n\
A download was ordered for you: ${download.name}\n\n\
From: ${initiator.name} ${initiator.email}\n\
Message: ${download.message}\n\n

message=Your links:\n${download.links}\n\n\
State: ${download.state}\n\
Files: ${download.fileCount}\n\
Size: ${download.size}\n\
Available until: ${download.expires}\n\n\
Not included (nothing follows if all files are there):\n${download.failures}\n\n

footer=This message was sent automatically. Please do not reply to it.\n
)txt";

const std::string_view kDownloadAssetDe = R"txt(# An die Personen, für die jemand einen Download angefordert hat.
subject=Ein Download für Sie: ${download.name}

header=Guten Tag ${participant.name}\n\n\
Für Sie wurde ein Download angefordert: ${download.name}\n\n\
Von: ${initiator.name} ${initiator.email}\n\
Nachricht: ${download.message}\n\n

message=Ihre Links:\n${download.links}\n\n\
Status: ${download.state}\n\
Dateien: ${download.fileCount}\n\
Größe: ${download.size}\n\
Verfügbar bis: ${download.expires}\n\n\
Nicht enthalten (wenn nichts folgt, sind alle Dateien dabei):\n${download.failures}\n\n

footer=Diese Nachricht wurde automatisch versandt. Bitte antworten Sie nicht darauf.\n
)txt";

const std::string_view kDownloadAssetFr = R"txt(# Aux personnes pour qui quelqu'un a demandé un téléchargement.
subject=Un téléchargement pour vous : ${download.name}

header=Bonjour ${participant.name}\n\n\
Un téléchargement a été demandé pour vous : ${download.name}\n\n\
De : ${initiator.name} ${initiator.email}\n\
Message : ${download.message}\n\n

message=Vos liens :\n${download.links}\n\n\
État : ${download.state}\n\
Fichiers : ${download.fileCount}\n\
Taille : ${download.size}\n\
Disponible jusqu’au : ${download.expires}\n\n\
Non inclus (si rien ne suit, tous les fichiers sont là) :\n${download.failures}\n\n

footer=Ce message a été envoyé automatiquement. Merci de ne pas y répondre.\n
)txt";

const std::string_view kDownloadCompletedEn = R"txt(# To the person whose download has ended.
subject=Your download has ended: ${download.name}

header=Hello ${participant.name}\n\n\
Your download has ended: ${download.name}\n\n

message=State: ${download.state}\n\
Files: ${download.fileCount}\n\
Size: ${download.size}\n\
Available until: ${download.expires}\n\n\
Your links:\n${download.links}\n\n\
Not included (nothing follows if all files are there):\n${download.failures}\n\n\
All about this download:\n${download.url}\n\n

footer=You get this message because mails about downloads are switched on in your preferences. It was sent \
automatically. Please do not reply to it.\n
)txt";

const std::string_view kDownloadCompletedDe = R"txt(# An die Person, deren Download beendet ist.
subject=Ihr Download ist beendet: ${download.name}

header=Guten Tag ${participant.name}\n\n\
Ihr Download ist beendet: ${download.name}\n\n

message=Status: ${download.state}\n\
Dateien: ${download.fileCount}\n\
Größe: ${download.size}\n\
Verfügbar bis: ${download.expires}\n\n\
Ihre Links:\n${download.links}\n\n\
Nicht enthalten (wenn nichts folgt, sind alle Dateien dabei):\n${download.failures}\n\n\
Alles zu diesem Download:\n${download.url}\n\n

footer=Sie erhalten diese Nachricht, weil in Ihren Einstellungen E-Mails über Downloads eingeschaltet sind. Sie wurde \
automatisch versandt. Bitte antworten Sie nicht darauf.\n
)txt";

const std::string_view kDownloadCompletedFr = R"txt(# À la personne dont le téléchargement est terminé.
subject=Votre téléchargement est terminé : ${download.name}

header=Bonjour ${participant.name}\n\n\
Votre téléchargement est terminé : ${download.name}\n\n

message=État : ${download.state}\n\
Fichiers : ${download.fileCount}\n\
Taille : ${download.size}\n\
Disponible jusqu’au : ${download.expires}\n\n\
Vos liens :\n${download.links}\n\n\
Non inclus (si rien ne suit, tous les fichiers sont là) :\n${download.failures}\n\n\
Tout sur ce téléchargement :\n${download.url}\n\n

footer=Vous recevez ce message car les e-mails sur les téléchargements sont activés dans vos préférences. Il a été \
envoyé automatiquement. Merci de ne pas y répondre.\n
)txt";

}  // namespace dray::mail
