"""Who may call which route, on one's own case and on another's.

One line is one route at one stage of a case, with the status each kind of person gets. Every request is
lawful in itself (`lawful_requests.py`), so a refusal is about the person:

302  to a page; for somebody who is not signed in, to the sign-in
401  not signed in (or, below /r/, without the pass of a link)
403  the role or the place on the panel does not include this
404  another case's: answered exactly as one that does not exist
409  lawful for this person, but not at this stage

HEAD answers as GET does. Methods without a line are 405. A route without a line fails the test.

Columns: nobody | coordinator: own case, another's | specialist: own, another's, removed a minute ago |
chair: own, another's | translator: own, another's | administrator | recipient with a valid link.
Where a route has no case in its address, "own" and "another's" are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS = (
    ("nobody", "own"),
    ("coordinator", "own"),
    ("coordinator", "other"),
    ("specialist", "own"),
    ("specialist", "other"),
    ("removed", "own"),
    ("chair", "own"),
    ("chair", "other"),
    ("translator", "own"),
    ("translator", "other"),
    ("admin", "own"),
    ("recipient", "own"),
)

TABLE = """
# The panel writes: three inputs are signed, the specialist's own is a draft, so nothing of the others is shown.
review:
GET  /                                                                      302 | 302 302 | 302 302 302 | 302 302 | 302 302 | 302 | 302
GET  /home                                                                  302 | 302 302 | 302 302 302 | 302 302 | 302 302 | 302 | 302
GET  /sign-in                                                               200 | 200 200 | 200 200 200 | 200 200 | 200 200 | 200 | 200
POST /sign-in                                                               302 | 302 302 | 302 302 302 | 302 302 | 302 302 | 302 | 302
POST /sign-out                                                              401 | 302 302 | 302 302 302 | 302 302 | 302 302 | 302 | 401
POST /language                                                              302 | 302 302 | 302 302 302 | 302 302 | 302 302 | 302 | 302
GET  /password/<token>                                                      200 | 200 200 | 200 200 200 | 200 200 | 200 200 | 200 | 200
POST /password/<token>                                                      302 | 302 302 | 302 302 302 | 302 302 | 302 302 | 302 | 302
GET  /account                                                               302 | 200 200 | 200 200 200 | 200 200 | 200 200 | 200 | 302
POST /account                                                               401 | 302 302 | 302 302 302 | 302 302 | 302 302 | 302 | 401
GET  /people                                                                302 | 403 403 | 403 403 403 | 403 403 | 403 403 | 200 | 302
GET  /people/new                                                            302 | 403 403 | 403 403 403 | 403 403 | 403 403 | 200 | 302
POST /people/new                                                            401 | 403 403 | 403 403 403 | 403 403 | 403 403 | 302 | 401
GET  /people/<user_id>                                                      302 | 403 403 | 403 403 403 | 403 403 | 403 403 | 200 | 302
POST /people/<user_id>                                                      401 | 403 403 | 403 403 403 | 403 403 | 403 403 | 302 | 401
POST /people/<user_id>/reset                                                401 | 403 403 | 403 403 403 | 403 403 | 403 403 | 302 | 401
GET  /audit                                                                 302 | 403 403 | 403 403 403 | 403 403 | 403 403 | 200 | 302
GET  /healthz                                                               200 | 200 200 | 200 200 200 | 200 200 | 200 200 | 200 | 200
GET  /static/<filename>                                                     200 | 200 200 | 200 200 200 | 200 200 | 200 200 | 200 | 200
GET  /cases                                                                 302 | 200 200 | 200 200 200 | 200 200 | 200 200 | 403 | 302
GET  /cases/new                                                             302 | 200 200 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/new                                                             401 | 302 302 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>                                                       302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/record                                                302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/record                                                401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/identity                                              302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/identity                                              401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/questions                                             302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/questions                                             401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/outside/<label>                                       302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/outside/<label>                                       401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/outside/<label>/check                                 401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/consent                                               302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/consent                                               401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/panel                                                 302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/panel                                                 401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/panel/<member_id>/remove                              401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/move/<action>                                         401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/independence                                          401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
GET  /cases/<case_no>/materials                                             302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/materials/names                                       302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/materials/request                                     401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/materials/files                                       401 | 201 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/materials                                             401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/materials/arrivals                                    302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/materials/arrivals/<file_id>/settle                   401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/materials/<number>                                    302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
POST /cases/<case_no>/materials/<number>                                    401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/materials/<number>/content                            302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
POST /cases/<case_no>/materials/decisions/<link_id>/<verb>                  401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /tray                                                                  302 | 200 200 | 403 403 403 | 403 403 | 403 403 | 403 | 302
GET  /tray/names                                                            302 | 200 200 | 403 403 403 | 403 403 | 403 403 | 403 | 302
GET  /tray/<study_id>/<identity_id>                                         302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
GET  /tray/<study_id>/<identity_id>/names                                   302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /tray/<study_id>/<identity_id>                                         401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/imaging/studies/<study_id>/export                     302 | 200 404 | 200 404 404 | 200 404 | 403 404 | 403 | 302
POST /cases/<case_no>/imaging/studies/<study_id>/export                     401 | 200 404 | 200 404 404 | 200 404 | 403 404 | 403 | 401
GET  /cases/<case_no>/imaging/studies/<study_id>/clearance                  302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/imaging/studies/<study_id>/clearance                  401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/imaging/studies/<study_id>/clearance/withdraw         401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/imaging/series/<series_id>/preview.png                302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/imaging/instances/<instance_id>/<frame>.png           302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/slides/<slide_no>                                     302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/slides/<slide_no>/description.json                    302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/slides/<slide_no>/tiles/<level>/<column>_<row>.jpeg   302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/slides/<slide_no>/thumbnail.jpeg                      302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/slides/<slide_no>/pictures/<name>.jpeg                302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/slides/<slide_no>/regions                             401 | 403 403 | 302 404 404 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/slides/<slide_no>/regions/<region_no>/withdraw        401 | 403 403 | 302 404 404 | 403 404 | 403 403 | 403 | 401
GET  /viewer/                                                               302 | 200 200 | 200 200 200 | 200 200 | 200 200 | 403 | 302
GET  /viewer/<place>                                                        302 | 200 200 | 200 200 200 | 200 200 | 200 200 | 403 | 302
GET  /viewer/key-image                                                      302 | 403 403 | 302 404 404 | 302 404 | 403 403 | 403 | 302
GET  /viewer/files/<release>/<name>                                         302 | 200 200 | 200 200 200 | 200 200 | 200 200 | 403 | 302
GET  /pacs                                                                  302 | 403 403 | 403 403 403 | 403 403 | 403 403 | 200 | 302
GET  /pacs/new                                                              302 | 403 403 | 403 403 403 | 403 403 | 403 403 | 200 | 302
POST /pacs/new                                                              401 | 403 403 | 403 403 403 | 403 403 | 403 403 | 302 | 401
GET  /pacs/<node_id>                                                        302 | 403 403 | 403 403 403 | 403 403 | 403 403 | 200 | 302
POST /pacs/<node_id>                                                        401 | 403 403 | 403 403 403 | 403 403 | 403 403 | 302 | 401
POST /pacs/<node_id>/test                                                   401 | 403 403 | 403 403 403 | 403 403 | 403 403 | 200 | 401
GET  /cases/<case_no>/pacs                                                  302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
GET  /cases/<case_no>/pacs/progress                                         302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /cases/<case_no>/pacs/search                                           401 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/pacs/fetches                                          401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/pacs/fetches/<fetch_id>/<verb>                        401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/key-images                                            302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/key-images/<image_id>.jpg                             302 | 403 404 | 403 404 404 | 200 404 | 403 404 | 403 | 302
GET  /cases/<case_no>/key-images/new                                        302 | 403 403 | 200 404 404 | 200 404 | 403 403 | 403 | 302
POST /cases/<case_no>/key-images                                            401 | 403 403 | 302 404 404 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/key-images/<image_id>/withdraw                        401 | 403 403 | 403 404 404 | 302 404 | 403 403 | 403 | 401
GET  /dicomweb/studies                                                      401 | 200 200 | 200 200 200 | 200 200 | 200 200 | 403 | 401
GET  /dicomweb/studies/<study>                                              401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series                                       401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/instances                                    401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/metadata                                     401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/thumbnail                                    401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/rendered                                     401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>                              401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/instances                    401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/metadata                     401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/thumbnail                    401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/rendered                     401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/instances/<instance>         401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/instances/<instance>/metadata 401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/instances/<instance>/thumbnail 401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/instances/<instance>/rendered 401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/instances/<instance>/frames/<frames> 401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/instances/<instance>/frames/<frame>/thumbnail 401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/instances/<instance>/frames/<frame>/rendered 401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
GET  /dicomweb/studies/<study>/series/<series>/instances/<instance>/bulkdata/<element> 401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
POST /dicomweb/studies                                                      401 | 409 409 | 409 409 409 | 409 409 | 403 403 | 403 | 401
POST /dicomweb/studies/<study>                                              401 | 409 409 | 409 409 409 | 409 409 | 403 403 | 403 | 401
GET  /inputs                                                                302 | 403 403 | 200 200 200 | 200 200 | 403 403 | 403 | 302
GET  /cases/<case_no>/inputs                                                302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/inputs/<discipline>                                   302 | 403 403 | 200 404 404 | 403 404 | 403 403 | 403 | 302
POST /cases/<case_no>/inputs/<discipline>                                   401 | 403 403 | 302 404 404 | 403 404 | 403 403 | 403 | 401
GET  /cases/<case_no>/inputs/<discipline>/decline                           302 | 403 403 | 200 404 404 | 403 404 | 403 403 | 403 | 302
POST /cases/<case_no>/inputs/<discipline>/decline                           401 | 403 403 | 409 404 404 | 403 404 | 403 403 | 403 | 401
GET  /cases/<case_no>/inputs/<discipline>/review                            302 | 403 403 | 200 404 404 | 403 404 | 403 403 | 403 | 302
POST /cases/<case_no>/inputs/<discipline>/sign                              401 | 403 403 | 302 404 404 | 403 404 | 403 403 | 403 | 401
GET  /cases/<case_no>/inputs/<discipline>/<revision>                        302 | 403 404 | 403 404 404 | 403 404 | 403 404 | 403 | 302
GET  /meetings/                                                             302 | 200 200 | 200 200 200 | 200 200 | 403 403 | 403 | 302
GET  /meetings/new                                                          302 | 200 200 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /meetings/new                                                          401 | 302 302 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /opinions                                                              302 | 200 200 | 200 200 200 | 200 200 | 200 200 | 403 | 302
GET  /cases/<case_no>/conflicts                                             302 | 200 404 | 200 404 404 | 200 404 | 403 403 | 403 | 302
GET  /cases/<case_no>/opinion                                               302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302

# All inputs are signed, the case is on the agenda of a meeting to come.
agenda:
GET  /cases/<case_no>/inputs/<discipline>/<revision>                        302 | 403 404 | 200 404 404 | 200 404 | 403 404 | 403 | 302
POST /cases/<case_no>/inputs/<discipline>/amend                             401 | 403 403 | 302 404 404 | 403 404 | 403 403 | 403 | 401
POST /cases/<case_no>/inputs/<discipline>/uphold                            401 | 403 403 | 409 404 404 | 403 404 | 403 403 | 403 | 401
POST /cases/<case_no>/inputs/<discipline>/return                            401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
GET  /cases/<case_no>/conflicts                                             302 | 200 404 | 200 404 404 | 200 404 | 403 403 | 403 | 302
GET  /meetings/<meeting_id>                                                 302 | 200 404 | 200 404 404 | 200 404 | 403 403 | 403 | 302
GET  /meetings/<meeting_id>.ics                                             302 | 200 404 | 200 404 404 | 200 404 | 403 403 | 403 | 302
GET  /meetings/<meeting_id>/reschedule                                      302 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 302
POST /meetings/<meeting_id>/reschedule                                      401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /meetings/<meeting_id>/agenda                                          401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /meetings/<meeting_id>/cases/<case_no>/order/<direction>               401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /meetings/<meeting_id>/cases/<case_no>/remove                          401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /meetings/<meeting_id>/prepare                                         401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /meetings/<meeting_id>/cancel                                          401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /meetings/<meeting_id>/<step>                                          401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
GET  /meetings/<meeting_id>/cases/<case_no>                                 302 | 200 404 | 200 404 404 | 200 404 | 403 403 | 403 | 302
GET  /meetings/<meeting_id>/minutes                                         302 | 200 404 | 200 404 404 | 200 404 | 403 403 | 403 | 302

# The meeting has begun and attendance is taken.
meeting:
GET  /meetings/<meeting_id>/cases/<case_no>                                 302 | 200 404 | 200 404 404 | 200 404 | 403 403 | 403 | 302
POST /meetings/<meeting_id>/cases/<case_no>/attendance                      401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /meetings/<meeting_id>/cases/<case_no>/dissent                         401 | 403 403 | 302 404 404 | 302 404 | 403 403 | 403 | 401
POST /meetings/<meeting_id>/cases/<case_no>/decision                        401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /meetings/<meeting_id>/cases/<case_no>/defer                           401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
GET  /meetings/<meeting_id>/minutes                                         302 | 200 404 | 200 404 404 | 200 404 | 403 403 | 403 | 302

# The meeting is over, the decision recorded.
decided:
GET  /cases/<case_no>/opinion                                               302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
POST /cases/<case_no>/opinion/start                                         401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401

# The chair writes the opinion; two conflicts are open, one settlement waits for a second person.
desk:
GET  /cases/<case_no>/opinion                                               302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/opinion/<number>/document.pdf                         302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
POST /cases/<case_no>/conflicts/<rule>/settle                               401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/conflicts/<rule>/reopen                               401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/conflicts/<rule>/confirm                              401 | 403 403 | 302 404 404 | 403 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/statements/<statement_id>            401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/statements                           401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/statements/<statement_id>/shift      401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/statements/<statement_id>/drop       401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/statements/<statement_id>/bring-back 401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
GET  /cases/<case_no>/opinion/<number>/trail/<statement_id>                      302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/opinion/<number>/versions                                  302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/opinion/<number>/comments/<statement_id>                   302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/opinion/<number>/statements/<statement_id>/edit            302 | 403 403 | 403 403 403 | 200 404 | 403 403 | 403 | 302
POST /cases/<case_no>/opinion/<number>/presence                                  401 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 401
POST /cases/<case_no>/opinion/<number>/comments/<statement_id>                   401 | 403 403 | 302 404 404 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/comments/<statement_id>/<comment_id>      401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/take                                      401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/undo                                      401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/statements/<statement_id>/split           401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/statements/<statement_id>/move            401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/steps/<step_id>/frame                     401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/dissents/<dissent_id>/audience            401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/result                               401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/inputs/<discipline>                                   401 | 403 403 | 409 404 404 | 403 404 | 403 403 | 403 | 401

# No conflict is open, no sentence lacks a language.
settled:
POST /cases/<case_no>/opinion/<number>/send-to-review                       401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401

# The panel reads the text.
reading:
POST /cases/<case_no>/opinion/<number>/take-back                            401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/pass-to-language                     401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401

# Both languages are compared.
checking:
POST /cases/<case_no>/opinion/<number>/language-checked                     401 | 302 404 | 403 403 403 | 403 403 | 302 404 | 403 | 401
POST /cases/<case_no>/opinion/<number>/finalise                             401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401

# The text is frozen and waits for signatures.
signing:
POST /cases/<case_no>/opinion/<number>/sign                                 401 | 403 403 | 302 404 404 | 302 404 | 403 403 | 403 | 401
POST /cases/<case_no>/opinion/<number>/refuse                               401 | 403 403 | 302 404 404 | 302 404 | 403 403 | 403 | 401
GET  /cases/<case_no>/opinion/<number>/document.pdf                         302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/opinion/<number>/frozen/<version>                          302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/opinion/<number>/frozen/<version>/trail/<section>/<place>  302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302

# Everybody has signed.
signed:
POST /cases/<case_no>/opinion/<number>/release                              401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /cases/<case_no>/delivery                                              302 | 200 404 | 403 404 404 | 200 404 | 403 404 | 403 | 302

# The document is out, two links are sent, an addendum is begun.
released:
GET  /cases/<case_no>/opinion                                               302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
GET  /cases/<case_no>/opinion/<number>/document.pdf                         302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
POST /cases/<case_no>/opinion/addendum                                      401 | 403 403 | 403 403 403 | 302 404 | 403 403 | 403 | 401
GET  /cases/<case_no>/opinion/addendum/<number>                             302 | 200 404 | 200 404 404 | 200 404 | 200 404 | 403 | 302
POST /cases/<case_no>/opinion/<number>/statements/<statement_id>            401 | 403 403 | 403 403 403 | 409 404 | 403 403 | 403 | 401
GET  /verify                                                                200 | 200 200 | 200 200 200 | 200 200 | 200 200 | 200 | 200
POST /verify                                                                200 | 200 200 | 200 200 200 | 200 200 | 200 200 | 200 | 200
GET  /delivery                                                              302 | 200 200 | 403 403 403 | 403 403 | 403 403 | 403 | 302
GET  /cases/<case_no>/delivery                                              302 | 200 404 | 403 404 404 | 200 404 | 403 404 | 403 | 302
POST /cases/<case_no>/delivery/recipients                                   401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/delivery/recipients/<recipient_id>/contact            401 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/delivery/recipients/<recipient_id>/send               401 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/delivery/links/<delivery_id>/resend                   401 | 200 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/delivery/links/<delivery_id>/revoke                   401 | 302 404 | 403 404 404 | 302 404 | 403 404 | 403 | 401
POST /cases/<case_no>/delivery/links/<delivery_id>/fail                     401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/pacs/sendings                                         401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/pacs/made                                             401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
POST /cases/<case_no>/pacs/sendings/<sending_id>/<verb>                     401 | 302 404 | 403 403 403 | 403 403 | 403 403 | 403 | 401
GET  /r/<token>                                                             200 | 200 200 | 200 200 200 | 200 200 | 200 200 | 200 | 200
POST /r/<token>                                                             302 | 302 302 | 302 302 302 | 302 302 | 302 302 | 302 | 302
GET  /r/opinion                                                             401 | 401 401 | 401 401 401 | 401 401 | 401 401 | 401 | 200
GET  /r/opinion.pdf                                                         401 | 401 401 | 401 401 401 | 401 401 | 401 401 | 401 | 200
POST /r/acknowledge                                                         401 | 401 401 | 401 401 401 | 401 401 | 401 401 | 401 | 302
"""


@dataclass(frozen=True)
class Row:
    """One route at one stage: the status for each column."""

    stage: str
    method: str
    path: str
    answers: tuple[int, ...]

    def expected(self, caller: str, whose: str) -> int:
        """The status that caller gets at their own case or at another one."""
        if caller == "removed" and whose == "other":
            caller = "specialist"  # never on that case: a stranger like any other
        column = (caller, whose) if (caller, whose) in COLUMNS else (caller, "own")
        return self.answers[COLUMNS.index(column)]


def _rows() -> list[Row]:
    stage, rows = "", []
    for line in filter(None, (line.split("#")[0].strip() for line in TABLE.splitlines())):
        if line.endswith(":"):
            stage = line.removesuffix(":")
            continue
        method, path, *answers = line.replace("|", " ").split()
        assert len(answers) == len(COLUMNS), line
        rows.append(Row(stage, method, path, tuple(map(int, answers))))
    return rows


ROWS = _rows()
