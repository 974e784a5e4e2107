require ["include", "variables"];
set "global.after" "before";
if true {
    return;
}
set "global.after" "behind";
