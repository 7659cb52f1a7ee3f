import { createApp } from "vue";
import App from "./App.vue";
import { i18n, show } from "./preferences";
import { router } from "./router";
import "element-plus/theme-chalk/base.css";
import "./style.css";

await show();
createApp(App).use(i18n).use(router).mount("#app");
