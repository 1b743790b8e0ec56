# Three layouts: all files on top, a folder for each asset, the folders as they are; and the last two together.
file shoot/day1/hero.txt: first hero
file shoot/day2/hero.txt: second hero
file shoot/day2/HERO.txt: third hero
file shoot/notes.txt: notes
folder shoot/empty
$ dray import shoot --to /content/dam/shoot --quiet

== Everything on top; equal names are numbered, whatever the case of their letters ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}]}
< 201 Created
<
< {"status": "SUCCESSFUL", "artifacts": [{"name": "shoot.zip", "entryCount": 4, "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
<
< zip
< hero.txt is shoot/day1/hero.txt
< HERO (2).txt is shoot/day2/HERO.txt
< hero (3).txt is shoot/day2/hero.txt
< notes.txt is shoot/notes.txt

== A folder for each asset ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "options": {"folderPerAsset": true}}
< 201 Created
<
< {"artifacts": [{"uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
<
< zip
< hero.txt/hero.txt is shoot/day1/hero.txt
< HERO (2).txt/HERO.txt is shoot/day2/HERO.txt
< hero (3).txt/hero.txt is shoot/day2/hero.txt
< notes.txt/notes.txt is shoot/notes.txt

== The folders as they are; empty ones too ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "options": {"keepStructure": true}}
< 201 Created
<
< {"totalCount": 4, "artifacts": [{"entryCount": 5, "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
<
< zip
< shoot/day1/hero.txt is shoot/day1/hero.txt
< shoot/day2/HERO.txt is shoot/day2/HERO.txt
< shoot/day2/hero (2).txt is shoot/day2/hero.txt
< shoot/empty/
< shoot/notes.txt is shoot/notes.txt

== Both ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/day2"}], "options": {"keepStructure": true, "folderPerAsset": true}}
< 201 Created
<
< {"artifacts": [{"name": "day2.zip", "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
<
< zip
< day2/HERO.txt/HERO.txt is shoot/day2/HERO.txt
< day2/hero (2).txt/hero.txt is shoot/day2/hero.txt

== The selection's name, and assets chosen one by one ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot/notes.txt"}, {"path": "/content/dam/shoot/day2/hero.txt"}], "options": {"keepStructure": true}}
< 201 Created
<
< {"artifacts": [{"name": "assets.zip", "uri": "~(?P<uri>.*)"}]}

> GET {{uri}} as admin
< 200 OK
<
< zip
< notes.txt is shoot/notes.txt
< hero.txt is shoot/day2/hero.txt

== Without originals there is nothing to pack ==
> POST /api/v1/downloads as admin
>
> {"targets": [{"path": "/content/dam/shoot"}], "options": {"originals": false}}
< 201 Created
<
< {"status": "SUCCESSFUL", "totalCount": 0, "artifacts": []}
