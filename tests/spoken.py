"""Small meetings written for the tests: who says what, where in the meeting, and turns as they would be heard.

A script is lines ``話者: 発言``; ``# 議題番号 区分`` (or ``# - 区分``) says where what follows belongs.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.schema import AgendaItem, Meeting, Turn, Word
from pipeline.terms import Phase

MS_PER_CHAR = 140
PAUSE_MS = 400


@dataclass(frozen=True)
class Script:
    """``places``: of each turn, before turns of one speaker are joined."""

    meeting: Meeting
    turns: tuple[Turn, ...]
    places: tuple[tuple[int | None, Phase], ...]


def words(text: str, start_ms: int = 0, ms_per_char: int = MS_PER_CHAR) -> tuple[Word, ...]:
    """One word a character, as recognisers give Japanese; punctuation goes with the character before."""
    pieces: list[str] = []
    for c in text:
        if pieces and c in "、。？":
            pieces[-1] += c
        else:
            pieces.append(c)
    return tuple(
        Word(start_ms=start_ms + i * ms_per_char, end_ms=start_ms + (i + 1) * ms_per_char, text=piece, confidence=0.9)
        for i, piece in enumerate(pieces)
    )


def turn(speaker: str, text: str, start_ms: int = 0, number: int = 1) -> Turn:
    said = words(text, start_ms)
    return Turn(id=f"t{number:04}", speaker=speaker, start_ms=start_ms, end_ms=said[-1].end_ms, words=said, spoken=text)


def script(text: str, agenda: tuple[AgendaItem, ...] = (), department: str = "") -> Script:
    turns: list[Turn] = []
    places = []
    place: tuple[int | None, Phase] = (None, Phase.OPENING)
    at_ms = 0
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith("#"):
            item, phase = line[1:].split()
            place = (None if item == "-" else int(item), Phase(phase))
            continue
        speaker, said = line.split(": ", 1)
        turns.append(turn(speaker, said, at_ms, len(turns) + 1))
        places.append(place)
        at_ms = turns[-1].end_ms + PAUSE_MS
    return Script(Meeting(agenda=agenda, department=department), tuple(turns), tuple(places))


SHIMON = (
    AgendaItem(label="諮問第7号", title="河川カメラの映像の公開について", department="河川課"),
    AgendaItem(label="諮問第8号", title="学校給食の予約システムの導入について", department="学校給食課"),
)
# Called in and out one after the other; everything is said in so many words.
FORMAL = """
# - 開会
A: 定刻となりましたので、ただいまから審議会を開会いたします。総務課の本田でございます。本日は委員全員のご出席をいただいており、会議は成立しております。
A: それでは、ここからの進行を石川会長にお願いいたします。
B: 会長の石川です。それでは次第に沿って進めてまいります。
# 0 説明
B: まず、諮問第7号、河川カメラの映像の公開についてを議題といたします。河川課から説明をお願いします。
F: 河川課長の森でございます。着座にて説明させていただきます。資料の2ページをご覧ください。市では、増水のときに川の様子を知らせるため、橋に取り付けたカメラを8台動かしております。今は職員だけが見ておりますが、市民が自分の目で危険を知ることができるよう、映像をホームページで公開したいと考えております。映像は1分ごとの静止画で、保存はいたしません。人の顔が分からないように画質を落としております。説明は以上です。
# 0 質疑
B: ありがとうございました。ただいまの説明について、ご質問はございますか。原委員、どうぞ。
C: 原です。画質を落とすというのは、車の番号も読めないということでしょうか。
F: お答えいたします。番号も読めない大きさにしております。
C: 分かりました。ありがとうございます。
B: ほかにいかがでしょうか。今井委員、お願いします。
D: 今井です。橋の近くの家が映り込むことはありませんか。
F: カメラは水面に向けておりますので、家は映りません。取り付けのときに確認しております。
D: 夜はどのように映るのですか。
F: 夜は赤外線を使いまして、水面の高さだけが分かるようになっております。
B: ほかにご質問はございませんか。
# 0 審議
B: ないようですので、質疑を終わり、審議に入ります。河川課の方はご退室をお願いします。
F: ありがとうございました。失礼いたします。
B: それでは、皆様のご意見をいただきたいと思います。
C: 私は公開に賛成です。去年の台風のときに、川を見に行く人が大勢いて危ないと思いました。
D: 私も賛成です。画質を落とすことで、個人の権利は守られると思います。
# 0 答申審議
B: それでは、答申案の審議に入ります。事務局から、答申案の読み上げをお願いします。
A: 事務局でございます。答申案を読み上げます。本件は、市民の安全のために必要であると認められるので、承認する。以上でございます。
B: 諮問第7号は、承認することとしてよろしいでしょうか。
C: 異議ありません。
D: 異議なし。
B: 異議なしと認めます。よって、諮問第7号は承認することに決定いたしました。
# 1 説明
B: 続きまして、諮問第8号、学校給食の予約システムの導入についてを議題といたします。学校給食課、説明をお願いします。
G: 学校給食課長の岡でございます。学校給食では、食物アレルギーのある子どもの献立を、保護者が紙で申し込んでおります。毎月の申込みが600枚ほどありまして、書き写すときの間違いが心配でございます。そこで、保護者がスマートフォンから申し込むことができる仕組みを入れたいと考えております。扱う情報は、子どもの名前、学級、アレルギーの種類でございます。情報は市内のデータセンターに置きまして、見ることができる職員は12人に限ります。説明を終わります。
# 1 質疑
B: 説明が終わりました。ご質問のある方はお願いいたします。
D: 今井です。間違って申し込んだときは、直すことができますか。
G: 前の週の金曜日まで、何度でも直すことができます。
C: 学校を卒業した子どもの情報は、いつ消すのですか。
G: 年度の終わりに、すべて消すことにしております。
B: ほかにございませんか。よろしいですか。
# 1 審議
B: では、質疑を終わります。学校給食課の皆さん、ご退室ください。委員の皆様でご審議をお願いします。
D: 紙より間違いが減りますので、良いことだと思います。
C: 私も同じ意見です。見る職員を限っていることも評価できると思います。
# 1 答申審議
B: それでは、答申の案について、事務局からお願いします。
A: 答申案は、お手元にお配りしたとおりでございます。
B: お諮りします。諮問第8号について、承認することにご異議ございませんか。
C: 異議なし。
B: ご異議がないようですので、諮問第8号は承認することに決定いたします。
# - 閉会
B: 以上で、本日の議題はすべて終わりました。事務局から連絡事項はありますか。
A: 次回の会議は9月を予定しております。会議録の案ができましたら、皆様にお送りいたします。
B: それでは、これをもちまして審議会を閉会いたします。ありがとうございました。
"""

REPORTS = (
    AgendaItem(label="議事1", title="市民図書館の開館時間の延長について", department="図書館"),
    AgendaItem(label="議事2", title="移動図書館の巡回場所の見直しについて", department="図書館"),
)
# A 座長 who opens the meeting himself, a secretariat that explains its own business, a recess, votes on both at the end.
TOGETHER = """
# - 開会
B: 皆さん、おはようございます。時間になりましたので、会議を始めたいと思います。座長の西村です。今日は議事が2件ございます。初めに、事務局から資料の確認をお願いします。
A: 事務局の浜田です。資料は、次第と資料1、資料2でございます。不足はございませんか。
B: よろしいようですので、議事に移ります。
# 0 説明
B: では、議事1、市民図書館の開館時間の延長についてです。事務局、説明をお願いします。
A: 資料1をご覧ください。市民図書館は、平日は午後6時に閉めております。働いている方から、もっと遅くまで開けてほしいという声が、昨年度の調査で4割ございました。そこで、水曜日と金曜日は午後8時まで開けたいと考えております。職員は、早番と遅番に分けまして、人数は今と同じでございます。光熱費は、年に40万円ほど増える見込みです。来年の4月から始めたいと考えております。説明は以上でございます。
# 0 質疑
B: ありがとうございました。それでは、質問をお受けします。
C: 小川です。駐車場も8時まで使えるのですか。
A: はい、駐車場も同じ時間まで開けることにしております。
D: 藤本と申します。遅番の職員は、何人になりますか。
A: 各日4人を予定しております。
C: 防犯の面では、何か対策をお考えでしょうか。
A: 警備員を1人、6時から置くことにしております。
# 0 審議
B: 質問は出尽くしたようですので、この件についてのご意見を伺います。
D: 学生も助かりますので、ぜひ進めていただきたいと思います。
C: 私も賛成です。ただ、職員の負担が増えないようにしてほしいと思います。
# - 休憩
B: それでは、ここで10分ほど休憩といたします。
# 1 説明
B: 休憩前に引き続き、会議を再開いたします。続いて、議事2、移動図書館の巡回場所の見直しについて、事務局から説明をお願いします。
A: 資料2をご覧ください。移動図書館は、今、2台の車で市内の24か所を回っております。このうち5か所は、ここ3年、利用する方が1回に3人以下となっております。一方で、新しくできた団地や高齢者の施設から、来てほしいという要望が6件ございました。そこで、5か所をやめまして、新しく6か所を回るようにしたいと考えております。やめる所の方には、近くの公民館への配本を案内いたします。説明は以上です。
# 1 質疑
B: ただいまの説明について、質問はありますか。藤本委員。
D: やめる5か所の方には、もう話をしてあるのですか。
A: 自治会を通しまして、先月お知らせしております。
C: 新しい6か所は、月に何回回るのでしょうか。
A: 月に2回を予定しております。
# 1 審議
B: ほかになければ、ご意見をお願いします。
C: 使う人が少ない所を見直すのは、やむを得ないと思います。
D: 高齢者の施設に行くのは、とても良いことだと思います。
# 0 答申審議
B: それでは、決を採りたいと思います。まず、議事1について、原案のとおり承認することに賛成の方は挙手をお願いします。
B: 挙手全員ですので、議事1は承認することに決定いたしました。
# 1 答申審議
B: 次に、議事2について、承認ということでよろしいでしょうか。
C: はい、異議ありません。
B: 議事2は承認といたします。
# - 閉会
B: その他ですが、事務局から何かありますか。
A: 次回の日程は、11月の第2週で調整させていただきます。
B: では、これで会議を終わります。お疲れさまでした。
"""
