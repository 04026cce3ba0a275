extension DocsPage {
    /// The page's style sheet; its hash stands in the policy, so that no other can be slipped in.
    static let style = """
        :root{--bg:#fff;--soft:#f6f7f9;--line:#e4e7ec;--text:#1b2430;--dim:#5d6b7e;--link:#1a5fd0;--code:#0f1722;
        --code-text:#d8e0ea;--get:#1a7f4b;--post:#1a5fd0;--put:#9a5b00;--patch:#7a3fc4;--delete:#c02f3c;--mark:#fff3d0;
        --mark-text:#7a5200;--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
        @media(prefers-color-scheme:dark){:root{--bg:#10151c;--soft:#171e28;--line:#283241;--text:#dde4ee;--dim:#93a1b5;
        --link:#7db0ff;--code:#0a0e14;--get:#5fd096;--post:#7db0ff;--put:#e6b05c;--patch:#c29cff;--delete:#ff8b93;
        --mark:#3a2f12;--mark-text:#f0cf86}}
        *{box-sizing:border-box}
        html{scroll-padding-top:1.5rem}
        body{margin:0;background:var(--bg);color:var(--text);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,
        "Helvetica Neue","DejaVu Sans",sans-serif;display:grid;grid-template-columns:19rem minmax(0,1fr)}
        a{color:var(--link);text-decoration:none}
        a:hover{text-decoration:underline}
        code,pre,.method,.status{font-family:var(--mono)}
        code{font-size:.875em;overflow-wrap:anywhere}
        nav{position:sticky;top:0;height:100vh;overflow-y:auto;border-right:1px solid var(--line);background:var(--soft);
        padding:1.5rem 1rem 3rem}
        nav h2{font-size:.75rem;letter-spacing:.06em;text-transform:uppercase;margin:1.6rem .5rem .4rem}
        nav h2,nav h2 a{color:var(--dim)}
        nav ul{list-style:none;margin:0;padding:0}
        nav li a{display:flex;gap:.55rem;align-items:baseline;padding:.2rem .5rem;border-radius:6px;color:var(--text);
        font-size:.875rem;line-height:1.4}
        nav li a:hover{background:var(--line);text-decoration:none}
        .brand{margin:0 .5rem;font-weight:700;font-size:1.05rem}
        .brand a{color:var(--text)}
        .brand span{color:var(--dim);font-weight:400;font-size:.8rem;margin-left:.5rem}
        main{padding:2.5rem 3rem 6rem;max-width:88rem;width:100%}
        header{max-width:46rem}
        h1{font-size:2.1rem;line-height:1.2;margin:0 0 1rem;letter-spacing:-.02em}
        main h2{font-size:1.5rem;letter-spacing:-.01em;margin:4rem 0 .5rem}
        section>p{max-width:46rem;margin:.5rem 0 1.2rem}
        h3{font-size:1.1rem;margin:0 0 .8rem;display:flex;gap:.7rem;align-items:center;flex-wrap:wrap}
        h3 code{font-size:1rem;font-weight:600}
        h4{font-size:.75rem;letter-spacing:.06em;text-transform:uppercase;color:var(--dim);margin:1.6rem 0 .4rem}
        var{font-style:normal;color:var(--patch)}
        .facts{color:var(--dim);font-size:.9rem}
        article{border-top:1px solid var(--line);padding:2rem 0;margin-top:1.5rem}
        article+article{margin-top:0}
        .sides{display:grid;grid-template-columns:minmax(0,1.15fr) minmax(0,1fr);gap:2.5rem}
        .sides p{margin:.4rem 0 .8rem}
        .summary{font-weight:500}
        .anchor{color:var(--dim);opacity:0;font-weight:400}
        h3:hover .anchor,.anchor:focus{opacity:1}
        .method{display:inline-block;font-size:.7rem;font-weight:700;line-height:1;min-width:4.3em;color:var(--dim)}
        h3 .method,.routes .method{padding:.35em .6em;border-radius:5px;border:1px solid currentColor;text-align:center;
        min-width:4.6em}
        .get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.patch{color:var(--patch)}
        .delete{color:var(--delete)}
        .status{font-size:.8rem;font-weight:700}
        .good{color:var(--get)}.same{color:var(--put)}.bad{color:var(--delete)}
        mark{background:var(--mark);color:var(--mark-text);font-size:.72rem;padding:.15em .5em;border-radius:4px;
        margin-left:.3rem}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:.9rem}
        td{padding:.55rem .8rem .55rem 0;vertical-align:top;border-top:1px solid var(--line)}
        tr:first-child td{border-top:0}
        .routes{border:1px solid var(--line);border-radius:8px;border-collapse:separate;border-spacing:0}
        .routes td{padding:.5rem .8rem}
        .routes td:first-child{width:6rem}
        .routes td:last-child{color:var(--dim);width:50%}
        .fields td:first-child{width:27%}
        .fields td:first-child code{overflow-wrap:normal}
        .fields .type{width:23%}
        .fields em{display:block;font-style:normal;font-size:.72rem;color:var(--delete)}
        .type,small{color:var(--dim);font-size:.82rem}
        .media{font-size:.9rem}
        .problems td:first-child{width:4rem}
        .problems td:nth-child(2){width:16rem}
        tr:target td{background:var(--mark)}
        dl{display:grid;grid-template-columns:3.2rem minmax(0,1fr);gap:.35rem .4rem;margin:.4rem 0;font-size:.9rem}
        dd{margin:0}
        details{margin-top:.3rem}
        summary{cursor:pointer;color:var(--link);font-size:.82rem}
        details .scroll{border-left:2px solid var(--line);padding-left:.8rem;margin-top:.3rem}
        figure{margin:0 0 1.2rem;border-radius:8px;overflow:hidden;background:var(--code);color:var(--code-text);
        border:1px solid var(--line)}
        figcaption{font-size:.72rem;letter-spacing:.05em;text-transform:uppercase;padding:.55rem 1rem;color:#8fa0b6;
        border-bottom:1px solid #233042}
        pre{margin:0;padding:.9rem 1rem;overflow:auto;max-height:34rem;font-size:.8rem;line-height:1.55;tab-size:2}
        article figure:first-child pre{white-space:pre-wrap;overflow-wrap:anywhere}
        pre b{font-weight:400;color:#8fc1ff}
        pre s{text-decoration:none;color:#a5d6a0}
        pre i{font-style:normal;color:#f0c080}
        @media(max-width:1150px){.sides{grid-template-columns:minmax(0,1fr);gap:1rem}}
        .bar,.close{display:none}
        @media(max-width:820px){
        html{scroll-padding-top:4rem}
        body{display:block}
        .bar{display:flex;justify-content:space-between;position:sticky;top:0;z-index:1;margin:0;padding:.6rem 1.1rem;
        background:var(--soft);border-bottom:1px solid var(--line);font-weight:700}
        .bar a:first-child{color:var(--text)}
        nav{display:none}
        nav:target{display:block;outline:0;position:fixed;inset:0;z-index:2;height:auto;border:0;padding:1rem 1.1rem 3rem}
        nav:target .close{display:block;padding:0 .5rem .8rem;font-weight:700}
        nav li a{padding:.45rem .5rem}
        main{padding:1.5rem 1.1rem 4rem}
        h1{font-size:1.7rem}
        h3 code{overflow-wrap:anywhere}
        table,tbody,tr,td{display:block;width:auto!important}
        td{padding:.15rem 0;border:0}
        tr{padding:.55rem 0;border-top:1px solid var(--line)}
        tr:first-child{border-top:0}
        .routes tr{padding:.55rem .8rem}
        .routes td{padding:.15rem 0}
        .routes td:last-child{width:auto}
        pre{white-space:pre-wrap;overflow-wrap:anywhere}
        details .scroll{padding-left:.6rem}
        }
        @media print{nav,.bar{display:none}body{display:block}}
        """
}
