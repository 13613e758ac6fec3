// A form that comes back with its values, by Back or by a reload, must come back with its number, too: sent again, it
// acts once. Browsers restore what people typed, but no hidden field; so the number is kept with the page's history.
"use strict";

document.querySelectorAll("input[name=request_id]").forEach((input) => {
  const { requestId } = history.state || {};
  if (requestId) input.value = requestId;
  else history.replaceState({ ...history.state, requestId: input.value }, "");
});
