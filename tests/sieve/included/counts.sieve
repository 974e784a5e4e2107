require ["include", "variables"];
set "global.times" "${global.times}x";
